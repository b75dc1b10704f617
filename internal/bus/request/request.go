// Package request reads what clients send as the body of a request.
package request

import (
	"encoding/json"
	"fmt"
)

// Decode reads the JSON of one T, of at most most bytes. An error matches malformed and says what was
// found; the value is then zero.
func Decode[T any](data []byte, most int, malformed error) (v T, err error) {
	if len(data) > most {
		return v, fmt.Errorf("%w: %d bytes: expected at most %d", malformed, len(data), most)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		var zero T
		return zero, fmt.Errorf("%w: %w", malformed, err)
	}
	return v, nil
}
