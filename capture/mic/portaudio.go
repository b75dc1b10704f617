//go:build portaudio && cgo

package mic

import (
	"errors"
	"fmt"
	"time"

	"github.com/gordonklaus/portaudio"
)

// System returns the sound system of the machine, by PortAudio, and the sources of the
// sound server where there is one.
func System() (Host, error) { return both{system{}, pulse{}}, nil }

// system is PortAudio. PortAudio finds new devices only when it is initialised, so it is initialised again for
// each list of devices and each capture. While a capture runs, the list is that of its beginning.
type system struct{}

// latency is the least latency that is asked for. With a buffer of that length, a machine under load can be
// late by as much without loss, on plain devices.
const latency = 200 * time.Millisecond

func (system) Devices() (devices []Device, err error) {
	quiet(func() {
		if err = portaudio.Initialize(); err != nil {
			return
		}
		defer portaudio.Terminate()
		devices, _, err = inputs()
	})
	return devices, err
}

// inputs lists the inputs, and PortAudio's description of each.
func inputs() ([]Device, []*portaudio.DeviceInfo, error) {
	all, err := portaudio.Devices()
	if err != nil {
		return nil, nil, err
	}
	standard, err := portaudio.DefaultInputDevice()
	if err != nil && !errors.Is(err, portaudio.NoDefaultInputDevice) {
		return nil, nil, err
	}
	var devices []Device
	var infos []*portaudio.DeviceInfo
	for _, d := range all {
		if d.MaxInputChannels > 0 {
			devices = append(devices, Device{
				Index:    d.Index,
				Name:     d.Name,
				HostAPI:  d.HostApi.Name,
				Channels: d.MaxInputChannels,
				Rate:     int(d.DefaultSampleRate + .5),
				Default:  d == standard,
			})
			infos = append(infos, d)
		}
	}
	identify(devices)
	return devices, infos, nil
}

func (system) Open(want Device, rate, channels int) (s Stream, err error) {
	quiet(func() {
		if err = portaudio.Initialize(); err != nil {
			return
		}
		if s, err = open(want, rate, channels); err != nil {
			portaudio.Terminate()
		}
	})
	return s, err
}

func open(want Device, rate, channels int) (Stream, error) {
	devices, infos, err := inputs()
	if err != nil {
		return nil, err
	}
	d, err := again(devices, want)
	if err != nil {
		return nil, err
	}
	var info *portaudio.DeviceInfo
	for i := range devices {
		if devices[i] == d {
			info = infos[i]
		}
	}
	c := &stream{channels: channels}
	c.stream, err = portaudio.OpenStream(portaudio.StreamParameters{
		Input:           portaudio.StreamDeviceParameters{Device: info, Channels: channels, Latency: max(latency, info.DefaultHighInputLatency)},
		SampleRate:      float64(rate),
		FramesPerBuffer: portaudio.FramesPerBufferUnspecified,
	}, &c.buf)
	if err != nil {
		return nil, explain(err)
	}
	if err := c.stream.Start(); err != nil {
		c.stream.Close()
		return nil, explain(err)
	}
	return c, nil
}

// explain adds a hint to an error.
func explain(err error) error {
	switch {
	case errors.Is(err, portaudio.InvalidSampleRate):
		return fmt.Errorf("%w; choose another --rate", err)
	case errors.Is(err, portaudio.DeviceUnavailable):
		return fmt.Errorf("%w; another program may be using it", err)
	}
	return err
}

// stream is a capture in PortAudio's blocking mode. It uses only the calls that do not block.
type stream struct {
	stream   *portaudio.Stream
	channels int
	buf      []float32 // PortAudio fills it as long as it is
}

func (c *stream) Available() (n int, err error) {
	quiet(func() { n, err = c.stream.AvailableToRead() })
	return n, err
}

func (c *stream) Read(dst []float32) (err error) {
	c.buf = dst
	quiet(func() { err = c.stream.Read() })
	if errors.Is(err, portaudio.InputOverflowed) {
		return nil // the samples are valid, and the clock shows how many are missing
	}
	return err
}

func (c *stream) Close() (err error) {
	quiet(func() {
		// Not Stop, which waits for a device that may have gone.
		err = c.stream.Close()
		portaudio.Terminate()
	})
	return err
}
