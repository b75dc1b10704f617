package httpapi

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/online"
)

// maxSpeakers is more speakers than a stream ever has.
const maxSpeakers = 1000

// howParameters are the parameters that say how to diarize.
var howParameters = []string{"model", "speakers", "min_speakers", "max_speakers", "exclusive"}

// pipelineFor reads howParameters.
func (a *API) pipelineFor(q url.Values) (pipeline.Config, error) {
	cfg, err := a.opts.Pipeline(q.Get("model"))
	if err != nil {
		return cfg, refuse(http.StatusBadRequest, "model %.40q: %w", q.Get("model"), err)
	}
	number := func(name string) int {
		n, bad := numberIn(q, name, 1, maxSpeakers, 0)
		err = errors.Join(err, bad)
		return n
	}
	exact, limits := number("speakers"), online.Limits{Min: number("min_speakers"), Max: number("max_speakers")}
	switch {
	case err != nil:
		return cfg, err
	case exact > 0 && limits != (online.Limits{}):
		return cfg, refuse(http.StatusBadRequest, "speakers=%d: expected it without min_speakers and max_speakers", exact)
	case limits.Max > 0 && limits.Min > limits.Max:
		return cfg, refuse(http.StatusBadRequest, "min_speakers=%d: expected at most max_speakers=%d", limits.Min, limits.Max)
	case exact > 0:
		limits = online.Limits{Min: exact, Max: exact}
	}
	cfg.Online.Limits = limits
	cfg.Online.Exclusive, err = flagIn(q, "exclusive")
	return cfg, err
}

// numberIn reads a parameter. If the parameter is missing, the number is otherwise.
func numberIn(q url.Values, name string, least, most, otherwise int) (int, error) {
	text := q.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, refuse(http.StatusBadRequest, "%s=%.40q: expected a number of %d to %d", name, text, least, most)
	}
	return n, nil
}

func flagIn(q url.Values, name string) (bool, error) {
	switch q.Get(name) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, refuse(http.StatusBadRequest, "%s=%.40q: expected true or false", name, q.Get(name))
}

func channelIn(q url.Values) (capture.Channel, error) {
	if q.Get("channel") == "" {
		return capture.Mix, nil
	}
	c, err := capture.ParseChannel(q.Get("channel"))
	if err != nil || c == capture.Each {
		return 0, refuse(http.StatusBadRequest, "channel=%.40q: expected mix, or a number from 1 on", q.Get("channel"))
	}
	return c, nil
}

// known refuses parameters that are not among names: a misspelt parameter must not be
// ignored.
func known(q url.Values, names ...string) error {
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if !slices.Contains(names, name) {
			return refuse(http.StatusBadRequest, "parameter %.40q: expected one of %s", name, strings.Join(names, ", "))
		}
		if len(q[name]) > 1 {
			return refuse(http.StatusBadRequest, "parameter %s: expected it once", name)
		}
	}
	return nil
}
