package contracttest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// text is JSON, valid or not.
type text = string

// oddValues are values of all JSON types and malformed ones. Most fields reject most of
// them.
var oddValues = []text{
	`null`, `true`, `false`, `0`, `-1`, `1`, `-0.0`, `1.5`, `1e2`, `1e400`, `-1e400`, `1e-400`, `9223372036854775807`, `9223372036854775808`,
	`-9223372036854775809`, `123456789012345678901234567890`, `0x10`, `01`, `+1`, `.5`, `NaN`, `Infinity`,
	`""`, `" "`, `"\t\n"`, `"0"`, `"null"`, `"\u0000"`, `"a\u0000b"`, "\"a\x00b\"", "\"a\nb\"", `"\ud800"`, `"\udc00\ud800"`, `"\ud83d\ude00"`, "\"\xed\xa0\x80\"", "\"\xff\"", "\"\xc0\x80\"",
	`"\ufeff"`, `"\ufffe"`, `"\u202eevil"`, `"\u200b"`, `"e\u0301"`, `"\u1100\u1161\u11a8"`, `"ﷺ"`, `"🏴󠁧󠁢󠁥󠁮󠁧󠁿👩‍👩‍👧‍👦"`, `"İıſß"`, `"\x41"`, `"\u12"`, `"`, `'a'`,
	`"'; DROP TABLE tasks; --"`, `"${jndi:ldap://127.0.0.1/a}"`, `"<script>alert(1)</script>"`, `"../../etc/passwd"`, `"%s%n%x"`, `"{{7*7}}"`,
	`[]`, `[null]`, `[[]]`, `[1,`, `{}`, `{"":""}`, `{"__proto__":{"admin":true}}`, `{"$ref":"#"}`, `{"a":1,"a":2}`, `{"a":1,}`, `{a:1}`, `/**/1`, ``, `undefined`,
	strings.Repeat("[", 100) + strings.Repeat("]", 100), strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100),
}

// oddTimes are invalid dates and times, and the earliest and latest valid ones.
var oddTimes = []text{
	`"2026-11-30T17:00:00Z"`, `"2026-11-30t17:00:00z"`, `"2026-11-30 17:00:00Z"`, `"2026-11-30T17:00:00"`, `"2026-11-30"`, `"2026-02-30T00:00:00Z"`, `"2026-13-01T00:00:00Z"`,
	`"2026-11-30T24:00:00Z"`, `"2026-12-31T23:59:60Z"`, `"2026-11-30T17:00:00+14:00"`, `"2026-11-30T17:00:00+23:59"`, `"2026-11-30T17:00:00+24:00"`, `"2026-11-30T17:00:00-23:60"`, `"2026-11-30T17:00:00.123456789123Z"`,
	`"0000-01-01T00:00:00Z"`, `"0001-01-01T00:00:00Z"`, `"0001-01-01T00:00:00+23:59"`, `"9999-12-31T23:59:59.999999999Z"`, `"9999-12-31T23:59:59-23:59"`, `"10000-01-01T00:00:00Z"`,
	`"-0001-01-01T00:00:00Z"`, `"infinity"`, `"now"`, `"1970-01-01T00:00:00Z"`, `"294277-01-01T00:00:00Z"`,
}

var oddDates = []text{
	`"2026-11-30"`, `"2026-02-30"`, `"2026-13-01"`, `"2024-02-29"`, `"2011-12-30"`, `"26-11-30"`, `"2026-11-30T00:00:00Z"`, `"0000-01-01"`, `"0001-01-01"`,
	`"9998-12-31"`, `"9999-12-31"`, `"10000-01-01"`, `"-0001-01-01"`, `"infinity"`, `"today"`,
}

var oddIDs = []text{
	`"00000000-0000-0000-0000-000000000000"`, `"ffffffff-ffff-ffff-ffff-ffffffffffff"`, `"{019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11}"`, `"urn:uuid:019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`,
	`"019ac2f47b3c7c1e9a550d6f2b8e4c11"`, `"019AC2F4-7B3C-7C1E-9A55-0D6F2B8E4C11"`, `"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c1"`, `"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c1g"`,
}

// edges returns test values for a schema: at and beyond its limits, and the oddValues.
func edges(schema *openapi3.Schema) []text {
	var all []text
	switch {
	case schema == nil:
	case len(schema.Enum) > 0:
		for _, value := range schema.Enum {
			word := fmt.Sprint(value)
			all = append(all, quote(word), quote(strings.ToUpper(word)), quote(word+" "))
		}
	case schema.Format == "date-time":
		all = append(all, oddTimes...)
	case schema.Format == "date":
		all = append(all, oddDates...)
	case schema.Format == "uuid":
		all = append(all, oddIDs...)
	case schema.Type.Includes("string"):
		all = append(all, lengths(schema)...)
	case schema.Type.Includes("integer"):
		for _, limit := range []*float64{schema.Min, schema.Max} {
			if limit != nil {
				n := int64(*limit)
				all = append(all, number(n-1), number(n), number(n+1))
			}
		}
	case schema.Type.Includes("array"):
		all = append(all, sizes(schema)...)
	}
	return append(all, oddValues...)
}

// lengths returns strings of the minimum and maximum length, and one character shorter
// and longer, in one-byte and four-byte characters.
func lengths(schema *openapi3.Schema) (all []text) {
	limits := []uint64{schema.MinLength}
	if schema.MaxLength != nil {
		limits = append(limits, *schema.MaxLength)
	}
	for _, limit := range limits {
		for _, n := range []int{int(limit) - 1, int(limit), int(limit) + 1} {
			if n >= 0 {
				all = append(all, quote(strings.Repeat("a", n)), quote(strings.Repeat("😀", n)))
			}
		}
	}
	return all
}

// sizes returns arrays of the minimum and maximum size, and one entry smaller and larger.
func sizes(schema *openapi3.Schema) (all []text) {
	limits := []uint64{schema.MinItems}
	if schema.MaxItems != nil {
		limits = append(limits, *schema.MaxItems)
	}
	item := func(i int) text { return quote(strconv.Itoa(i)) }
	if items := schema.Items; items != nil && len(items.Value.OneOf) > 0 {
		item = func(int) text { return encode(variants(items.Value)[0]) }
	}
	for _, limit := range limits {
		for _, n := range []int{int(limit) - 1, int(limit), int(limit) + 1} {
			if n < 0 {
				continue
			}
			entries := make([]text, n)
			for i := range entries {
				entries[i] = item(i)
			}
			all = append(all, "["+strings.Join(entries, ",")+"]")
		}
	}
	return append(all, `["a","a"]`, `["`+strings.Repeat("a", 50)+`"]`, `["`+strings.Repeat("ä", 51)+`"]`, `["a",1]`)
}

// malformedBodies returns bodies that are not a JSON object, too long or nested too deeply.
func malformedBodies() []text {
	return []text{
		"\xef\xbb\xbf{}", "{}{}", "{} x", "\x00", "{\"title\"", `"title"`, "[{}]", strings.Repeat("[", 50_000), strings.Repeat(`{"a":`, 20_000),
		`{"title":"` + strings.Repeat("a", 256<<10-12) + `"}`, `{"title":"` + strings.Repeat("a", 256<<10-11) + `"}`, strings.Repeat(" ", 256<<10) + "{}",
		`{"title":"` + strings.Repeat("a", 2<<20) + `"}`, `{` + strings.Repeat(`"a":1,`, 20_000) + `"b":2}`, `{"title":1e` + strings.Repeat("9", 10_000) + `}`,
		"\xff\xfe{\x00}\x00", "title=a", "<title>a</title>", "--x\r\n\r\n--x--",
	}
}

var mediaTypes = []string{
	"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=utf-16", "APPLICATION/JSON",
	"application/json;", "application/", "/", "application/cbor", "application/merge-patch+json", "application/problem+json", "application/json, text/plain", "\"",
}

var accepted = []string{"", "text/html", "application/cbor", "*/*;q=0", "application/json;q=0", "text/event-stream", "\"", strings.Repeat("a/b,", 1000)}

func quote(s string) text {
	if !utf8.ValidString(s) {
		return `"` + s + `"`
	}
	quoted, _ := json.Marshal(s) // strings always encode
	return string(quoted)
}

func number(n int64) text { return strconv.FormatInt(n, 10) }

// plain returns a JSON value as a parameter's value, without quotes.
func plain(t text) string {
	var s string
	if json.Unmarshal([]byte(t), &s) == nil {
		return s
	}
	return strings.Trim(t, `"`)
}
