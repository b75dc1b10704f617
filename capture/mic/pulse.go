//go:build linux || freebsd

package mic

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/jfreymuth/pulse/proto"
)

// pulseAPI names the interface of its devices.
const pulseAPI = "PulseAudio"

// pulse is a sound server with PulseAudio's protocol, which PipeWire has too. Its inputs have the names that
// the sound settings show, unlike those of ALSA. It needs no C.
type pulse struct{}

// dial connects to the server of the session, or of PULSE_SERVER.
func (pulse) dial() (*proto.Client, net.Conn, error) {
	c, conn, err := proto.Connect("")
	if err != nil {
		return nil, nil, fmt.Errorf("sound server: %w", err)
	}
	props := proto.PropList{"application.name": proto.PropListString("diarizer"), "application.process.id": proto.PropListString(fmt.Sprint(os.Getpid()))}
	if err := c.Request(&proto.SetClientName{Props: props}, &proto.SetClientNameReply{}); err != nil {
		return nil, nil, fmt.Errorf("sound server: %w", joinClose(err, conn))
	}
	return c, conn, nil
}

func joinClose(err error, conn net.Conn) error {
	_ = conn.Close() // err is the more useful error
	return err
}

// Devices lists the server's sources. The default one is marked. Monitors, which hear what the machine plays,
// come last.
func (p pulse) Devices() ([]Device, error) {
	c, conn, err := p.dial()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	devices, _, err := sources(c)
	return devices, err
}

// sources lists the sources, and the server's description of each.
func sources(c *proto.Client) ([]Device, []*proto.GetSourceInfoReply, error) {
	var info proto.GetServerInfoReply
	var all proto.GetSourceInfoListReply
	if err := c.Request(&proto.GetServerInfo{}, &info); err != nil {
		return nil, nil, fmt.Errorf("sound server: %w", err)
	}
	if err := c.Request(&proto.GetSourceInfoList{}, &all); err != nil {
		return nil, nil, fmt.Errorf("sound server: %w", err)
	}
	heard := func(s *proto.GetSourceInfoReply) bool { return s.MonitorSourceName != "" } // what is played
	slices.SortStableFunc(all, func(a, b *proto.GetSourceInfoReply) int {
		switch {
		case heard(a) == heard(b):
			return 0
		case heard(b):
			return -1
		}
		return 1
	})
	called := map[string]int{}
	for _, s := range all {
		called[s.Device]++
	}
	var devices []Device
	for i, s := range all {
		name := s.Device
		if called[name] > 1 || name == "" {
			name = strings.TrimSpace(name + " " + s.SourceName)
		}
		devices = append(devices, Device{Index: i, Name: name, HostAPI: pulseAPI, Channels: int(s.Channels), Rate: int(s.Rate),
			Default: s.SourceName == info.DefaultSourceName, id: s.SourceName})
	}
	return devices, all, nil
}

// Open captures a source.
func (p pulse) Open(want Device, rate, channels int) (Stream, error) {
	c, conn, err := p.dial()
	if err != nil {
		return nil, err
	}
	s := &pulseStream{conn: conn, channels: channels, most: mostWaiting}
	c.Callback = s.message
	if err := s.begin(c, want, rate); err != nil {
		return nil, joinClose(err, conn)
	}
	return s, nil
}

// fragments is how many times a second the server sends sound.
const fragments = 50

// mostWaiting is how many samples wait to be read, 8 MB. It is twice what a server keeps, all of which comes at once
// when this program has stood still.
const mostWaiting = 2 << 20

// pulseStream is a capture of a sound server.
type pulseStream struct {
	conn     net.Conn
	channels int
	most     int // bound of the samples that wait

	mu      sync.Mutex
	samples []float32
	err     error
}

func (s *pulseStream) begin(c *proto.Client, want Device, rate int) error {
	devices, infos, err := sources(c)
	if err != nil {
		return err
	}
	d, err := again(devices, want)
	if err != nil {
		return err
	}
	at := slices.Index(devices, d)
	layout := make(proto.ChannelMap, s.channels)
	volumes := make(proto.ChannelVolumes, s.channels)
	for i := range layout {
		layout[i], volumes[i] = proto.ChannelMono, uint32(proto.VolumeNorm)
		if i < len(infos[at].ChannelMap) {
			layout[i] = infos[at].ChannelMap[i]
		}
	}
	var reply proto.CreateRecordStreamReply
	err = c.Request(&proto.CreateRecordStream{
		SampleSpec:         proto.SampleSpec{Format: proto.FormatFloat32LE, Channels: byte(s.channels), Rate: uint32(rate)},
		ChannelMap:         layout,
		SourceIndex:        proto.Undefined,
		SourceName:         infos[at].SourceName,
		BufferMaxLength:    proto.Undefined,
		BufferFragSize:     uint32(4 * s.channels * rate / fragments),
		AdjustLatency:      true,
		NoRemap:            true, // the first channels as they are, by number for PulseAudio
		NoRemix:            true, // and by position for PipeWire
		NoMove:             true, // another microphone is another device
		DirectOnInputIndex: proto.Undefined,
		ChannelVolumes:     volumes,
		Properties:         proto.PropList{"media.name": proto.PropListString("diarizer listen")},
	}, &reply)
	if err != nil {
		return fmt.Errorf("%q: %w", d.Name, err)
	}
	return nil
}

// message takes a message of the server. It must not wait.
func (s *pulseStream) message(m any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch m := m.(type) {
	case *proto.DataPacket:
		// The newest sound is dropped, in whole frames. A server does the same, so that what has piled up lies
		// before the loss. The clock shows how much was dropped.
		room := max(0, s.most-len(s.samples)) / s.channels * s.channels
		for b := m.Data; len(b) >= 4 && room > 0; b = b[4:] {
			s.samples = append(s.samples, math.Float32frombits(binary.LittleEndian.Uint32(b)))
			room--
		}
	case *proto.RecordStreamKilled:
		s.err = errors.New("the sound server has taken it away")
	case *proto.ConnectionClosed:
		s.err = errors.New("the sound server has closed the connection")
	}
}

func (s *pulseStream) Available() (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.samples) / s.channels
	if n > 0 {
		return n, nil
	}
	return 0, s.err
}

func (s *pulseStream) Read(dst []float32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := copy(dst, s.samples)
	s.samples = s.samples[:copy(s.samples, s.samples[n:])]
	if n < len(dst) {
		return fmt.Errorf("read of %d samples where %d are there", len(dst), n)
	}
	return nil
}

func (s *pulseStream) Close() error { return s.conn.Close() }
