package httpapi

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestCheckJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{}`, ` [1, {"a": [null, true]}] `, `"\ud83d\ude00"`, `"\\ud83d"`, `"\\\\ud83d"`, `"\u00e4\n"`, `{"a":{"b":1},"b":1}`, "\"\ufffd\"",
	} {
		if err := checkJSON([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		``:                           "not JSON",
		`{`:                          "not JSON",
		`{"a":1,}`:                   "not JSON",
		`{} {}`:                      "one JSON value",
		`{"a":1,"a":2}`:              "a|must not appear twice",
		`{"a":[{"b":1,"\u0062":2}]}`: "a[0].b|must not appear twice",
		"\"\xff\"":                   "UTF-8",
		`{"a":1e400}`:                "out_of_range|a|is too large",
		`["\u0000"]`:                 "[0]|must not contain the character NUL",
		`"\ud83d"`:                   "surrogate",
		`"\ude00\ud83d"`:             "surrogate",
		`"\ud83d\ud83d\ude00"`:       "surrogate",
		`"\ud83d` + `x"`:             "surrogate",
		strings.Repeat("[", 100):     "nested too deeply",
	} {
		if err := checkJSON([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// FuzzCheckJSON: what is accepted is JSON, and reading it loses nothing.
func FuzzCheckJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,null,"\ud83d\ude00"]}`, `{"a":1,"a":2}`, `"\ud83d"`, `[[[[`, "\"\xff\"", `1 2`, `"\\`, `1e400`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if checkJSON(data) != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("%q is accepted and no JSON", data)
		}
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		replaced := func(text []byte) int {
			return strings.Count(strings.ToLower(string(text)), `\ufffd`) + strings.Count(string(text), "\ufffd")
		}
		if replaced(again) > replaced(data) {
			t.Fatalf("%q loses characters: %q", data, again)
		}
	})
}
