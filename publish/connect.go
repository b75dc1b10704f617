package publish

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/synadia-io/orbit.go/natscontext"
)

// ErrUnreachable is matched by the error of [Connect] when no server answers.
var ErrUnreachable = errors.New("no NATS server answers")

// ConnectOptions say how to connect. The zero value is fine.
type ConnectOptions struct {
	// Name is what the server lists the connection as; "diarizer" if empty.
	Name string
	// Wait makes Connect return at once and keep trying while no server is
	// there yet.
	Wait bool
	// WaitFor is how long Connect tries again while no server answers. 0 is
	// one attempt.
	WaitFor time.Duration
	// Context, where not empty, names a context of the nats command, or the
	// absolute path of one's file. It says where the server is and who
	// connects; the URL is not used.
	Context string
	// Security says who connects and whom it trusts.
	Security Security
	// Timeout bounds one attempt to connect; 5 s if 0.
	Timeout time.Duration
	// OnError hears of lost connections and of what the server complains
	// about. It is called from other goroutines.
	OnError func(error)
	// NATS adds options to the connection.
	NATS []nats.Option
}

const (
	connectTimeout  = 5 * time.Second
	reconnectAtMost = 5 * time.Second
)

// Connect connects to the NATS server at url, or to the first that answers of
// several separated by commas. A connection that is lost is sought again
// without end, at random intervals of up to 5 s. Messages published meanwhile
// are refused instead of kept, because the [Publisher] keeps them.
func Connect(ctx context.Context, url string, opts ConnectOptions) (*nats.Conn, error) {
	if opts.Name == "" {
		opts.Name = "diarizer"
	}
	if opts.Timeout == 0 {
		opts.Timeout = connectTimeout
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	where := Redact(url)
	if opts.Context != "" {
		where = "NATS context " + opts.Context
	}
	options, err := opts.options(where)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	deadline := time.Now().Add(opts.WaitFor)
	for attempt := 0; ; attempt++ {
		nc, err := dialNATS(url, opts.Context, options)
		if err == nil {
			return nc, nil
		}
		err = connectError(where, err)
		if !errors.Is(err, ErrUnreachable) || !time.Now().Before(deadline) ||
			!sleep(ctx, min(reconnectDelay(attempt), time.Until(deadline))) {
			return nil, err
		}
	}
}

// dialNATS connects to what the context says, or the URL without one.
func dialNATS(url, context string, options []nats.Option) (*nats.Conn, error) {
	if context == "" {
		return nats.Connect(url, options...)
	}
	nc, _, err := natscontext.Connect(context, options...)
	return nc, err
}

// options are those of the connection to where.
func (o ConnectOptions) options(where string) ([]nats.Option, error) {
	security, err := o.Security.options()
	if err != nil {
		return nil, err
	}
	report := func(err error) {
		if o.OnError != nil && err != nil {
			o.OnError(err)
		}
	}
	options := []nats.Option{
		nats.Name(o.Name),
		nats.Timeout(o.Timeout),
		nats.MaxReconnects(-1),
		nats.CustomReconnectDelay(reconnectDelay),
		nats.ReconnectBufSize(-1),
		nats.RetryOnFailedConnect(o.Wait),
		nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				report(fmt.Errorf("%s: connection lost, trying again: %w", where, err))
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			report(fmt.Errorf("%s: %w", where, err))
		}),
	}
	return append(append(options, security...), o.NATS...), nil
}

// reconnectDelay grows from about 50 ms to 5 s and is random, so that many
// clients do not come back at once.
func reconnectDelay(attempt int) time.Duration {
	most := min(reconnectAtMost, 50*time.Millisecond<<min(attempt, 10))
	return most/2 + rand.N(most/2)
}

func connectError(where string, err error) error {
	switch {
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked):
		return fmt.Errorf("%s: %w: check user, token or credentials", where, err)
	case errors.Is(err, nats.ErrNoServers), errors.Is(err, nats.ErrTimeout), isNetwork(err):
		return fmt.Errorf("%s: %w (%w): start one with \"nats-server -js\", or correct the URL", where, ErrUnreachable, err)
	}
	return fmt.Errorf("%s: %w", where, err)
}

func isNetwork(err error) bool {
	var n interface{ Timeout() bool } // net.Error and its relatives
	return errors.As(err, &n)
}

// Redact hides user, password and token in a URL or a list of URLs.
func Redact(urls string) string {
	parts := strings.Split(urls, ",")
	for i, p := range parts {
		if at := strings.LastIndex(p, "@"); at >= 0 {
			host := p[at+1:]
			if u, err := url.Parse(strings.TrimSpace(p)); err == nil && u.Scheme != "" {
				parts[i] = u.Scheme + "://***@" + host
			} else {
				parts[i] = "***@" + host
			}
		}
	}
	return strings.Join(parts, ",")
}
