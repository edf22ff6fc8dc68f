package httpapi

import (
	"cmp"
	"errors"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/services/wirejson"
)

// jsonFormat reads and writes bodies. Huma decodes a body twice, to validate it and to
// fill the operation's type, and keeps only the text of an error, which fieldErrors
// parses.
var jsonFormat = huma.Format{
	Marshal: wirejson.Write,
	Unmarshal: func(data []byte, v any) error {
		err := wirejson.Unmarshal(data, v)
		if tree, untyped := v.(*any); untyped && err == nil {
			*tree = upperCaseTimes(*tree)
		}
		if broken, ok := errors.AsType[*wirejson.Error](err); ok {
			return errors.New(strings.Join([]string{string(broken.Code), fieldName(broken.Field), broken.Message}, codeSeparator))
		}
		return err
	},
}

// fieldName truncates a field name, which the client may have chosen, and removes the
// separator. An empty name is that of the whole body.
func fieldName(path string) string {
	const maxBytes = 100
	return cmp.Or(truncate(strings.ReplaceAll(path, codeSeparator, ""), maxBytes), "body")
}

// timePattern matches RFC 3339 times, including those with a lower-case t or z.
var timePattern = regexp.MustCompile(`^\d{4}-\d\d-\d\d[tT]\d\d:\d\d:\d\d(?:\.\d+)?(?:[zZ]|[+-]\d\d:\d\d)$`)

// upperCaseTimes upper-cases the t and z of times within a value. RFC 3339 allows lower
// case, Huma's validation does not. The result is for validation only.
func upperCaseTimes(value any) any {
	switch value := value.(type) {
	case string:
		if timePattern.MatchString(value) {
			return strings.ToUpper(value)
		}
	case []any:
		for i, item := range value {
			value[i] = upperCaseTimes(item)
		}
	case map[string]any:
		for name, member := range value {
			value[name] = upperCaseTimes(member)
		}
	}
	return value
}
