package httpapi_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seed-7adb9000/diarizer/internal/web/httpapi"
	"github.com/seed-7adb9000/diarizer/internal/web/record"
)

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }

func floats(samples []float32) (data []byte) {
	for _, x := range samples {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
	}
	return data
}

func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Many recorders at once, whose connections break again and again. Each is told all turns
// of its own sound. DIARIZER_RECORDERS is how many recorders there are,
// DIARIZER_RECORD_SECONDS how long each of them records, and DIARIZER_RECORD_SPEED how fast
// compared with real time; without it, as fast as possible.
func TestManyRecorders(t *testing.T) {
	recorders, seconds := number("DIARIZER_RECORDERS", 5), number("DIARIZER_RECORD_SECONDS", 5)
	speed := number("DIARIZER_RECORD_SPEED", 0)
	s := serve(t, httpapi.Limits{Live: recorders}, "")
	all := samples(t)
	began := time.Now()
	var g errgroup.Group
	breaks := make([]int, recorders)
	for i := range recorders {
		g.Go(func() error {
			rng := rand.New(rand.NewPCG(1, uint64(i)))
			from := rng.IntN(len(all)/2/piece/2) * piece * 2
			sound := make([]byte, 0, seconds*32000)
			for len(sound) < seconds*32000 {
				sound = append(sound, all[from:min(len(all), from+seconds*32000-len(sound))]...)
				from = 0
			}
			c, _, err := s.dial(fmt.Sprintf("stream=room-%d&framing=numbered", i), nil)
			if err != nil {
				return err
			}
			start := time.Now()
			for seq := uint64(1); ; seq++ {
				at := int64(seq-1) * piece
				if 2*at >= int64(len(sound)) {
					break
				}
				if speed > 0 {
					time.Sleep(time.Until(start.Add(time.Duration(at) * time.Second / 16000 / time.Duration(speed))))
				}
				c.send(record.Packet{Seq: seq, Position: at, Data: sound[2*at : min(2*(at+piece), int64(len(sound)))]}.Append(nil))
				if seq%16 == 0 { // read, as recorders do; otherwise pings get no answer
					if err := c.read(func() bool { return c.acked+32 >= seq }); err != nil {
						return err
					}
				}
				if rng.IntN(100) > 0 {
					continue
				}
				c.conn.CloseNow()
				breaks[i]++
				if c, _, err = s.dial(fmt.Sprintf("framing=numbered&session=%s&after=%d", c.session, c.after), c); err != nil {
					return err
				}
				seq = c.next - 1
			}
			c.end()
			equal(t, c.timeline, timelineOf(t, "x", bytes.NewReader(sound), raw))
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, n := range breaks {
		sum += n
	}
	t.Logf("%d recorders of %d s each, %d lost connections, in %v", recorders, seconds, sum, time.Since(began).Round(time.Second/10))
}

func number(name string, otherwise int) int {
	n, _ := strconv.Atoi(os.Getenv(name))
	return cmp.Or(n, otherwise)
}
