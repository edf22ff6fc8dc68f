// Package wirejson encodes and decodes the JSON of requests and responses. It wraps
// go-json-experiment/json, the standard library's encoding/json/v2 from Go 1.27 on, with
// this project's options.
package wirejson

import (
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// options encode like encoding/json, without escaping HTML.
var options = json.JoinOptions(
	json.Deterministic(true),
	json.FormatNilMapAsNull(true),
	json.FormatNilSliceAsNull(true),
	jsontext.AllowInvalidUTF8(true),
	jsontext.EscapeForJS(true),
)

// Marshal returns v as JSON.
func Marshal(v any) ([]byte, error) { return json.Marshal(v, options) }

// Write encodes v to w.
func Write(w io.Writer, v any) error { return json.MarshalWrite(w, v, options) }
