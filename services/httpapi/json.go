package httpapi

import (
	"errors"
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
