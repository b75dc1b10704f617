// Wyoming is a bridge for Home Assistant: it answers the Wyoming protocol as a speech
// recogniser does, with who of the household has said a command. What was said it asks
// another recogniser, such as wyoming-faster-whisper.
//
//	go run ./examples/wyoming -recogniser localhost:10300 -prefix Ada=ada.flac Grace=grace.flac
//
// Home Assistant then takes localhost:10301 for its speech-to-text. The answer has the
// name as speaker beside the text, and with -prefix before it, so that a sentence can be
// matched that begins with it. Without -recogniser the text is the name alone.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"

	"github.com/seed-7adb9000/diarizer"
)

func main() {
	address := flag.String("listen", "127.0.0.1:10301", "the `address` to listen on; the protocol knows no passwords, so that it is for a network that is trusted")
	recogniser := flag.String("recogniser", "", "the `address` of the recogniser that is asked what was said")
	prefix := flag.Bool("prefix", false, "begin the text with the name")
	sure := flag.Float64("sure", 0.6, "the least `probability` of whoever is named")
	light := flag.Bool("light", false, "use the light model, for a small machine")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *address, *light, &bridge{recogniser: *recogniser, prefix: *prefix, sure: *sure}, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, address string, light bool, b *bridge, people []string) error {
	if len(people) == 0 {
		return fmt.Errorf("nobody: expected a recording for everybody, such as Ada=ada.flac")
	}
	load := diarizer.DefaultModel
	if light {
		load = diarizer.LightModel
	}
	m, err := load()
	if err != nil {
		return err
	}
	if b.voices, err = listenTo(ctx, m, people); err != nil {
		return err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	log.Printf("listening on %v", l.Addr())
	return b.serve(ctx, l)
}
