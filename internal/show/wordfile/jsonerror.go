package wordfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// jsonError says on which line the JSON is wrong.
func (p *parse) jsonError(data []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax) && strings.HasPrefix(syntax.Error(), "unexpected end"):
		return fmt.Errorf("%s:%d: the JSON ends too early: expected the whole file, is it cut off?", p.name, lineAt(data, len(data)))
	case errors.As(err, &syntax):
		return fmt.Errorf("%s:%d: %s: expected JSON", p.name, lineAt(data, int(syntax.Offset)), oneLine(syntax.Error()))
	case errors.As(err, &kind):
		return fmt.Errorf("%s:%d: %s in %s: expected %s", p.name, lineAt(data, int(kind.Offset)), kind.Value, placeOf(kind.Field), kindOf(kind.Type))
	}
	return fmt.Errorf("%s: %s", p.name, oneLine(err.Error()))
}

func placeOf(field string) string {
	if field == "" {
		return "the list"
	}
	return strconv.Quote(field)
}

// kindOf is JSON's name for the values of a type.
func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Struct:
		return "an object"
	}
	return "a " + t.Kind().String()
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
