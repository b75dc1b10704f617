package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/resample"
)

// What is taken from whoever connects.
const (
	mostCommand     = 60 * time.Second // of sound
	mostConnections = 16
	idle            = 30 * time.Second // without a message, or for one to be taken
)

// bridge answers the Wyoming protocol as a speech recogniser does: it asks one what was
// said, where there is one, and its voices who said it.
type bridge struct {
	voices     *voices
	recogniser string  // host:port, or empty
	prefix     bool    // whether the text begins with who said it
	sure       float64 // the least probability of whoever is named
}

// serve answers until ctx is done.
func (b *bridge) serve(ctx context.Context, l net.Listener) error {
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	var wg sync.WaitGroup
	defer wg.Wait()
	free := make(chan struct{}, mostConnections)
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		free <- struct{}{} // more than that wait
		wg.Go(func() {
			defer func() { <-free }()
			defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
			defer conn.Close()
			if err := b.answer(ctx, conn); !errors.Is(err, io.EOF) && ctx.Err() == nil {
				log.Printf("%v: %v", conn.RemoteAddr(), err)
				_ = reply(conn, message{Type: "error", Data: map[string]any{"text": err.Error()}}) // it may be gone
			}
		})
	}
}

// answer takes the messages of a connection until there are no more, which is an error
// too.
func (b *bridge) answer(ctx context.Context, conn net.Conn) error {
	r := bufio.NewReaderSize(conn, mostHead)
	var c command
	for {
		if err := conn.SetReadDeadline(time.Now().Add(idle)); err != nil {
			return err
		}
		m, err := read(r)
		if err != nil {
			return err
		}
		switch m.Type {
		case "describe":
			err = reply(conn, describe())
		case "ping":
			err = reply(conn, message{Type: "pong", Data: m.Data})
		case "transcribe":
			c = command{asked: m}
		case "audio-chunk":
			err = c.add(m)
		case "audio-stop":
			var answer message
			if answer, err = b.transcript(ctx, c); err == nil {
				err = reply(conn, answer)
			}
			c = command{}
		}
		if err != nil {
			return err
		}
	}
}

// reply writes a message to whoever has connected. It has time of its own, however long the recogniser took.
func reply(conn net.Conn, m message) error {
	if err := conn.SetWriteDeadline(time.Now().Add(idle)); err != nil {
		return err
	}
	return write(conn, m)
}

// command is what is said at once.
type command struct {
	asked   message // with the language, for the recogniser
	chunks  []message
	samples []float32
	rate    int
}

// add takes a piece of sound, the first of its channels.
func (c *command) add(m message) error {
	number := func(key string) int { n, _ := m.Data[key].(float64); return int(n) }
	rate, width, channels := number("rate"), number("width"), number("channels")
	switch {
	case width != 2 || channels < 1 || channels > 32 || rate < resample.MinRate || rate > resample.MaxRate || c.rate != 0 && c.rate != rate:
		return fmt.Errorf("sound of %d Hz, %d channels, %d bytes a sample: expected 16 bits at one rate from %d to %d Hz", rate, channels, width, resample.MinRate, resample.MaxRate)
	case len(m.Payload)%(2*channels) != 0:
		return fmt.Errorf("%d bytes of sound: expected whole samples of %d channels", len(m.Payload), channels)
	}
	c.rate = rate
	for n := 0; n < len(m.Payload); n += 2 * channels {
		c.samples = append(c.samples, float32(int16(binary.LittleEndian.Uint16(m.Payload[n:])))/(1<<15))
	}
	if len(c.samples) > int(mostCommand.Seconds())*rate {
		return fmt.Errorf("more than %v of sound: expected a command", mostCommand)
	}
	c.chunks = append(c.chunks, m)
	return nil
}

// transcript is the answer to a command.
func (b *bridge) transcript(ctx context.Context, c command) (message, error) {
	answer := message{Type: "transcript", Data: map[string]any{"text": ""}}
	if len(c.samples) == 0 {
		return answer, nil
	}
	if b.recogniser != "" {
		var err error
		if answer, err = b.recognise(ctx, c); err != nil {
			return answer, fmt.Errorf("recogniser %s: %w", b.recogniser, err)
		}
	}
	sound := c.samples
	if c.rate != capture.Rate {
		rs, err := resample.New(c.rate, capture.Rate)
		if err != nil {
			return answer, err
		}
		sound = rs.Flush(rs.Push(nil, sound))
	}
	name, sure, err := b.voices.who(ctx, sound)
	if err != nil {
		return answer, err
	}
	if sure < b.sure {
		name = ""
	}
	answer.Data["speaker"], answer.Data["speaker_confidence"] = name, sure
	switch text, _ := answer.Data["text"].(string); {
	case b.recogniser == "":
		answer.Data["text"] = name
	case b.prefix && name != "":
		answer.Data["text"] = name + ": " + text
	}
	return answer, nil
}

// errNoAnswer is what a recogniser did that went away.
var errNoAnswer = errors.New("it has closed the connection without an answer")

// recognise asks the recogniser what was said.
func (b *bridge) recognise(ctx context.Context, c command) (message, error) {
	conn, err := (&net.Dialer{Timeout: idle}).DialContext(ctx, "tcp", b.recogniser)
	if err != nil {
		return message{}, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := conn.SetDeadline(time.Now().Add(mostCommand)); err != nil {
		return message{}, err
	}
	if c.asked.Type == "" {
		c.asked.Type = "transcribe"
	}
	start := message{Type: "audio-start", Data: c.chunks[0].Data}
	for _, m := range append(append([]message{c.asked, start}, c.chunks...), message{Type: "audio-stop", Data: map[string]any{}}) {
		if err := write(conn, m); err != nil {
			return message{}, err
		}
	}
	for r := bufio.NewReaderSize(conn, mostHead); ; {
		m, err := read(r)
		switch {
		case errors.Is(err, io.EOF): // and not that of whoever asks
			return m, errNoAnswer
		case err != nil || m.Type == "transcript":
			return m, err
		case m.Type == "error":
			text, _ := m.Data["text"].(string)
			return m, fmt.Errorf("it says %q", text)
		}
	}
}

// describe says what the bridge is.
func describe() message {
	by := map[string]any{"name": "diarizer", "url": "https://github.com/seed-7adb9000/diarizer"}
	about := func(more string, list any) map[string]any {
		return map[string]any{"name": "diarizer", "description": "Who spoke this command", "attribution": by, "installed": true, "version": "1", more: list}
	}
	return message{Type: "info", Data: map[string]any{"asr": []any{about("models", []any{about("languages", []any{"en"})})}}}
}
