package checkpoint_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/serve/checkpoint"
	"github.com/seed-7adb9000/diarizer/publish"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// A value is kept, changed in the middle, and taken over.
func Example() {
	ctx := context.Background()
	server, err := natsd.Start(ctx, natsd.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	nc, err := publish.Connect(ctx, server.URL(), publish.ConnectOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "states"}); err != nil {
		log.Fatal(err)
	}
	store, err := checkpoint.NewStore(ctx, js, "states")
	if err != nil {
		log.Fatal(err)
	}
	first, _, err := store.Open(ctx, "room", 1)
	if err != nil {
		log.Fatal(err)
	}
	value := make([]byte, 1<<20)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range value {
		value[i] = byte(rng.Uint32())
	}
	sent, err := first.Save(ctx, value)
	fmt.Println("all was sent:", sent == len(value), err)
	value = append(value[:500_000], append([]byte("something more"), value[500_000:]...)...)
	sent, err = first.Save(ctx, value)
	fmt.Println("less than a quarter was sent:", sent < len(value)/4, err)

	_, saved, err := store.Open(ctx, "room", 2)
	fmt.Println("taken over:", bytes.Equal(saved, value), err)
	_, err = first.Save(ctx, value[1:])
	fmt.Println("the first cannot save any more:", errors.Is(err, checkpoint.ErrTaken))
	// Output:
	// all was sent: true <nil>
	// less than a quarter was sent: true <nil>
	// taken over: true <nil>
	// the first cannot save any more: true
}
