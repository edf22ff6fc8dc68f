package httpapi

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// listHeaders may have several lines, which form one list (RFC 9110, section 5.3).
var listHeaders = []string{"If-Match", "If-None-Match"}

// checkParameters is a middleware that rejects a request if Huma would silently
// ignore a part of it: a repeated parameter, an empty value that is not free text, or a
// malformed query.
func checkParameters(ctx huma.Context, next func(huma.Context)) {
	r, _ := humachi.Unwrap(ctx)
	if errs := parameterErrors(ctx.Operation(), r); len(errs) > 0 {
		WriteTo(ctx, Invalid(errs...))
		return
	}
	next(ctx)
}

func parameterErrors(op *huma.Operation, r *http.Request) (errs []taskapi.FieldError) {
	reject := func(field string, code taskapi.FieldErrorCode, message string) {
		errs = append(errs, taskapi.FieldError{Field: field, Code: code, Message: message})
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		reject("query", taskapi.FieldFormat, "is malformed")
	}
	respell := false
	for _, p := range op.Parameters {
		values, list := query[p.Name], p.Schema.Type == huma.TypeArray
		switch p.In {
		case "query":
		case "header":
			values, list = r.Header.Values(p.Name), slices.Contains(listHeaders, p.Name)
			if list && len(values) > 1 {
				values = []string{strings.Join(values, ", ")}
				r.Header[p.Name] = values
			}
		default:
			continue
		}
		switch {
		case len(values) > 1 && !list:
			reject(p.Name, taskapi.FieldDuplicate, "must not be given twice")
		case slices.Contains(values, "") && !isFreeText(p):
			reject(p.Name, taskapi.FieldFormat, "must not be empty")
		case len(values) > 0 && p.In == "query" && p.Schema.Format == "date-time":
			if spacedTime.MatchString(values[0]) {
				reject(p.Name, taskapi.FieldFormat, "must be a date and time such as 2026-11-30T17:00:00Z; encode + as %2B in a query")
			}
			if upper := strings.ToUpper(values[0]); upper != values[0] && timePattern.MatchString(values[0]) {
				query.Set(p.Name, upper)
				respell = true
			}
		}
	}
	if respell {
		r.URL.RawQuery = query.Encode()
	}
	return errs
}

// spacedTime matches a time whose plus sign was decoded as a space.
var spacedTime = regexp.MustCompile(`^[0-9-]+[tT][0-9:.]+ [0-9:]+$`)

// JoinedHeader returns all lines of a header, joined by commas (RFC 9110, section 5.2).
// A header that must have one value thus becomes invalid if it has two.
func JoinedHeader(ctx huma.Context, name string) string {
	r, _ := humachi.Unwrap(ctx)
	return strings.Join(r.Header.Values(name), ", ")
}

// isFreeText reports whether a parameter may be any text. An empty one then means the same
// as none.
func isFreeText(p *huma.Param) bool {
	s := p.Schema
	return p.In == "query" && s.Type == huma.TypeString && s.Format == "" && s.Pattern == "" && len(s.Enum) == 0
}
