package httpapi

import (
	"errors"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/services/wirejson"
)

// jsonFormat reads and writes bodies. Huma reads a body twice, to validate it
// and to fill the operation's type, and keeps of an error only the text, from
// which fieldErrors takes the parts again.
var jsonFormat = huma.Format{
	Marshal: wirejson.Write,
	Unmarshal: func(data []byte, v any) error {
		err := wirejson.Unmarshal(data, v)
		if tree, untyped := v.(*any); untyped && err == nil {
			*tree = spellTimes(*tree)
		}
		var broken *wirejson.Error
		if errors.As(err, &broken) {
			return errors.New(strings.Join([]string{string(broken.Code), fieldName(broken.Field), broken.Message}, codeSeparator))
		}
		return err
	},
}

// fieldName shortens the name of a field that the client chose, and keeps it
// from being read as more than a name.
func fieldName(path string) string {
	const longest = 100
	path = strings.ReplaceAll(path, codeSeparator, "")
	if len(path) > longest {
		path = strings.ToValidUTF8(path[:longest], "") + "…"
	}
	if path == "" {
		return "body"
	}
	return path
}

// anyTime is a time of RFC 3339, whose t and z may be small.
var anyTime = regexp.MustCompile(`^\d{4}-\d\d-\d\d[tT]\d\d:\d\d:\d\d(?:\.\d+)?(?:[zZ]|[+-]\d\d:\d\d)$`)

// spellTimes spells the times in a value with capital letters, which Huma's
// validation insists on and RFC 3339 does not. The value is for validation only.
func spellTimes(value any) any {
	switch value := value.(type) {
	case string:
		if anyTime.MatchString(value) {
			return strings.ToUpper(value)
		}
	case []any:
		for i, item := range value {
			value[i] = spellTimes(item)
		}
	case map[string]any:
		for name, member := range value {
			value[name] = spellTimes(member)
		}
	}
	return value
}
