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
	// Timeout bounds one attempt to connect; 5 s if 0.
	Timeout time.Duration
	// OnError hears of lost connections and of what the server complains
	// about. It is called from other goroutines.
	OnError func(error)
	// NATS adds options such as credentials and TLS.
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
	report := func(err error) {
		if opts.OnError != nil && err != nil {
			opts.OnError(err)
		}
	}
	nc, err := nats.Connect(url, append([]nats.Option{
		nats.Name(opts.Name),
		nats.Timeout(opts.Timeout),
		nats.MaxReconnects(-1),
		nats.CustomReconnectDelay(reconnectDelay),
		nats.ReconnectBufSize(-1),
		nats.RetryOnFailedConnect(opts.Wait),
		nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				report(fmt.Errorf("%s: connection lost, trying again: %w", Redact(url), err))
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			report(fmt.Errorf("%s: %w", Redact(url), err))
		}),
	}, opts.NATS...)...)
	if err != nil {
		return nil, connectError(url, err)
	}
	return nc, nil
}

// reconnectDelay grows from about 50 ms to 5 s and is random, so that many
// clients do not come back at once.
func reconnectDelay(attempt int) time.Duration {
	most := min(reconnectAtMost, 50*time.Millisecond<<min(attempt, 10))
	return most/2 + rand.N(most/2)
}

func connectError(url string, err error) error {
	switch {
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked):
		return fmt.Errorf("%s: %w: check user, token or credentials", Redact(url), err)
	case errors.Is(err, nats.ErrNoServers), errors.Is(err, nats.ErrTimeout), isNetwork(err):
		return fmt.Errorf("%s: %w (%w): start one with \"nats-server -js\", or correct the URL", Redact(url), ErrUnreachable, err)
	}
	return fmt.Errorf("%s: %w", Redact(url), err)
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
