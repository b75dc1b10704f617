package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// message is one of the Wyoming protocol: a line of JSON, more JSON, and bytes.
type message struct {
	Type    string
	Data    map[string]any
	Payload []byte
}

// What a message may take, in bytes.
const (
	mostHead    = 64 << 10
	mostData    = 1 << 20
	mostPayload = 1 << 20
)

// header is the line of a message.
type header struct {
	Type          string         `json:"type"`
	Data          map[string]any `json:"data,omitempty"`
	DataLength    int            `json:"data_length,omitempty"`
	PayloadLength int            `json:"payload_length,omitempty"`
}

// read reads a message. r holds [mostHead] bytes.
func read(r *bufio.Reader) (m message, err error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return m, fmt.Errorf("a line of more than %d bytes: expected a header of the Wyoming protocol", mostHead)
	}
	if err != nil {
		return m, err
	}
	var h header
	if err := json.Unmarshal(line, &h); err != nil || h.Type == "" {
		return m, fmt.Errorf("%.40q: expected a header of the Wyoming protocol, JSON with a type", line)
	}
	if h.DataLength < 0 || h.DataLength > mostData || h.PayloadLength < 0 || h.PayloadLength > mostPayload {
		return m, fmt.Errorf("%.40q of %d and %d bytes: expected at most %d and %d", h.Type, h.DataLength, h.PayloadLength, mostData, mostPayload)
	}
	m = message{Type: h.Type, Data: h.Data, Payload: make([]byte, h.PayloadLength)}
	more := make([]byte, h.DataLength)
	if _, err = io.ReadFull(r, more); err != nil {
		return m, err
	}
	if m.Data == nil {
		m.Data = map[string]any{}
	}
	if len(more) > 0 {
		if err := json.Unmarshal(more, &m.Data); err != nil { // adds to what is there
			return m, fmt.Errorf("the data of %.40q: %w", h.Type, err)
		}
	}
	_, err = io.ReadFull(r, m.Payload)
	return m, err
}

// write writes a message.
func write(w io.Writer, m message) error {
	data, err := json.Marshal(m.Data)
	if err != nil {
		return err
	}
	line, err := json.Marshal(header{Type: m.Type, DataLength: len(data), PayloadLength: len(m.Payload)})
	if err != nil {
		return err
	}
	_, err = w.Write(append(append(append(line, '\n'), data...), m.Payload...))
	return err
}
