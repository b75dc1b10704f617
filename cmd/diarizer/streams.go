package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/serve"
)

// controlFlags are the flags of commands that talk to workers.
type controlFlags struct {
	url  string
	nats natsFlags
}

func (o *controlFlags) register(cmd *cobra.Command) {
	f := cmd.PersistentFlags()
	f.StringVar(&o.url, "nats", nats.DefaultURL, "URL of the NATS server")
	o.nats.register(f)
}

// connect connects to the server of the workers.
func (o *controlFlags) connect(cmd *cobra.Command) (*nats.Conn, error) {
	return o.nats.connect(cmd.Context(), o.url, "diarizer "+cmd.Name(), func(err error) {
		fmt.Fprintf(cmd.ErrOrStderr(), "diarizer: %v\n", err)
	})
}

// newStreamsCommand makes "diarizer streams".
func newStreamsCommand() *cobra.Command {
	var o controlFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "streams",
		Short: "List, stop and name the streams that workers diarize",
		Long: `Streams lists the streams that "diarizer serve" processes diarize, with the process and
the delay of each. Its commands end a stream, give it a title, and set whether its speakers
are compared with the enrolled voices.`,
		Example: `  diarizer streams --nats nats://bus:4222
  diarizer streams stop standup
  diarizer streams rename standup "Stand-up of team A"
  diarizer streams identify standup on`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			nc, err := o.connect(cmd)
			if err != nil {
				return err
			}
			defer nc.Close()
			return listStreams(cmd, nc, asJSON)
		},
	}
	o.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	// ask makes a command that asks a worker to do something and prints what was done.
	ask := func(use, short, example, verb string, n int, body func(args []string) (map[string]any, error), done func(args []string) string) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Example: "  diarizer streams " + example, Args: cobra.ExactArgs(n), RunE: func(cmd *cobra.Command, args []string) error {
			if err := event.CheckStream(args[0]); err != nil {
				return as(exitUsage, err)
			}
			b, err := body(args)
			if err != nil {
				return err
			}
			nc, err := o.connect(cmd)
			if err != nil {
				return err
			}
			defer nc.Close()
			b["stream"] = args[0]
			if _, err = request[any](cmd.Context(), nc, verb, b); err != nil {
				return err
			}
			fmt.Fprintln(cmd.ErrOrStderr(), done(args))
			return nil
		}}
	}
	cmd.AddCommand(
		ask("stop STREAM", "End a stream's run where its sound ends now", "stop standup", "stop", 1, func([]string) (map[string]any, error) {
			return map[string]any{}, nil
		}, func(args []string) string { return args[0] + " ends where its sound ends now" }),
		ask("rename STREAM TITLE", "Give a stream a title", "rename standup \"Stand-up of team A\"", "rename", 2, func(args []string) (map[string]any, error) {
			return map[string]any{"title": args[1]}, nil
		}, func(args []string) string { return fmt.Sprintf("%s has the title %q", args[0], args[1]) }),
		ask("identify STREAM on|off", "Compare a stream's speakers with the enrolled ones, or not", "identify standup on", "identify", 2, func(args []string) (map[string]any, error) {
			if args[1] != "on" && args[1] != "off" {
				return nil, usage("identify %q: expected on or off", args[1])
			}
			return map[string]any{"identify": args[1] == "on"}, nil
		}, func(args []string) string {
			if args[1] == "on" {
				return args[0] + ": its speakers are compared with the enrolled ones from now on"
			}
			return args[0] + ": its speakers are not compared with the enrolled ones any more"
		}))
	return cmd
}

// request asks one worker.
func request[T any](ctx context.Context, nc *nats.Conn, verb string, body any) (answer T, err error) {
	data, err := json.Marshal(body)
	if err != nil {
		return answer, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	msg, err := nc.RequestWithContext(ctx, serve.ControlPrefix+"."+verb, data)
	if errors.Is(err, nats.ErrNoResponders) {
		return answer, as(exitServer, errors.New("no worker answers: start one with \"diarizer serve\""))
	}
	if err != nil {
		return answer, as(exitServer, fmt.Errorf("%s: %w", verb, err))
	}
	if why := msg.Header.Get(micro.ErrorHeader); why != "" {
		return answer, as(exitServer, errors.New(why))
	}
	return answer, json.Unmarshal(msg.Data, &answer)
}

// listStreams prints what the workers report about their streams and themselves.
func listStreams(cmd *cobra.Command, nc *nats.Conn, asJSON bool) error {
	list, err := request[serve.List](cmd.Context(), nc, "list", struct{}{})
	if err != nil {
		return err
	}
	statuses, err := askAll(cmd.Context(), nc, len(list.Workers))
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(struct {
			serve.List
			Status []serve.Status `json:"status"`
		}{list, statuses})
	}
	of := map[string]serve.StreamStatus{}
	for _, s := range statuses {
		for _, st := range s.Streams {
			of[st.Stream] = st
		}
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STREAM\tTITLE\tWORKER\tHEARD\tBEHIND\tEVENTS\tOWNERS\tNOTE")
	for _, s := range list.Streams {
		st, note := of[s.Stream], s.Why
		switch {
		case s.Worker == "" && !s.Open && note == "":
			note = "no sound"
		case st.Dropped > 0 && note == "":
			note = fmt.Sprintf("%d packets of other senders dropped", st.Dropped)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.1fs\t%.1fs\t%d\t%d\t%s\n", s.Stream, s.Title, s.Worker, st.Heard, st.Lag, st.Events, s.Epoch, note)
	}
	fmt.Fprintln(w, "\nWORKER\tHOST\tPID\tSTREAMS\tLIMIT\tSTATE\tMODEL")
	for _, x := range list.Workers {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%s\t%.8s\n", x.Worker, x.Host, x.PID, x.Streams, x.Limit, x.State, x.Model)
	}
	return w.Flush()
}

// askAll asks every worker for its status. It returns the answers of one second, or the
// first n.
func askAll(ctx context.Context, nc *nats.Conn, n int) ([]serve.Status, error) {
	inbox := nats.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // fails on a closed connection only
	if err := nc.PublishRequest(serve.ControlPrefix+".status", inbox, nil); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var all []serve.Status
	for len(all) < n {
		msg, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return all, nil // a worker that does not answer is missing in the table
		}
		var s serve.Status
		if err := json.Unmarshal(msg.Data, &s); err != nil {
			return nil, fmt.Errorf("status: %w", err)
		}
		all = append(all, s)
	}
	return all, nil
}
