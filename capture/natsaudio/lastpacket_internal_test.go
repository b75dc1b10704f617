package natsaudio

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// slowStream keeps one packet and as many messages behind it as are looked at. It takes a second for each request.
type slowStream struct {
	jetstream.Stream
	packet *nats.Msg
}

func (s slowStream) GetLastMsgForSubject(ctx context.Context, _ string) (*jetstream.RawStreamMsg, error) {
	return s.GetMsg(ctx, mostBehind+1)
}

func (s slowStream) GetMsg(ctx context.Context, number uint64, _ ...jetstream.GetMsgOpt) (*jetstream.RawStreamMsg, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(time.Second):
	}
	if number == 1 {
		return &jetstream.RawStreamMsg{Sequence: 1, Header: s.packet.Header, Data: s.packet.Data}, nil
	}
	return &jetstream.RawStreamMsg{Sequence: number, Header: nats.Header{HeaderControl + "Note": {"something"}}}, nil
}

// TestSlowSearch: on a slow way to the server, the last packet is found behind many messages.
func TestSlowSearch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		want := Packet{Session: "s", Seq: 1, Encoding: S16, Rate: 16000, Channels: 1, Samples: 1, Data: make([]byte, 2)}
		msg, err := want.Message("room")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := lastPacket(t.Context(), slowStream{packet: msg}, "room"); err != nil || got.ID() != want.ID() {
			t.Errorf("%s, %v, expected %s", got.ID(), err, want.ID())
		}
	})
}
