package httpapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// documentErrors documents each error status with the codes that it can have.
func documentErrors(op *huma.Operation, codes []taskapi.ErrorCode) {
	all := append(slices.Clone(codes), taskapi.CodeInvalid, taskapi.CodeInternal, taskapi.CodeTimeout)
	if op.Method == http.MethodPost || op.Method == http.MethodPut || op.Method == http.MethodPatch {
		all = append(all, taskapi.CodeBodyTooLarge, taskapi.CodeUnsupportedMediaType)
	}
	byStatus := map[int][]taskapi.ErrorCode{}
	for _, code := range taskapi.ErrorCodes() {
		if slices.Contains(all, code) {
			byStatus[code.Status()] = append(byStatus[code.Status()], code)
		}
	}
	// Huma would overwrite the descriptions of the statuses in op.Errors.
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	problem := &huma.Schema{Ref: "#/components/schemas/Problem"}
	for status, codes := range byStatus {
		names := make([]string, len(codes))
		for i, code := range codes {
			names[i] = "`" + string(code) + "`"
		}
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status) + ": " + strings.Join(names, ", ") + ".",
			Content:     map[string]*huma.MediaType{ProblemMediaType: {Schema: problem, Examples: problemExamples(codes)}},
		}
	}
}

// problemExamples returns an example problem for each code.
func problemExamples(codes []taskapi.ErrorCode) map[string]*huma.Example {
	examples := make(map[string]*huma.Example, len(codes))
	for _, code := range codes {
		p := NewProblem(code, exampleSentence(code)).Problem
		p.RequestID = "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c12"
		if code == taskapi.CodeInvalid {
			p.Errors = []taskapi.FieldError{{Field: "title", Code: taskapi.FieldTooLong, Message: "must have at most 500 characters"}}
		}
		examples[string(code)] = &huma.Example{Value: p}
	}
	return examples
}

// exampleSentence turns the words of a code into a sentence, such as "Task not found."
func exampleSentence(code taskapi.ErrorCode) string {
	words := strings.ReplaceAll(string(code), "_", " ")
	return strings.ToUpper(words[:1]) + words[1:] + "."
}

// responseHeaders describes the headers that many responses have, with an example of
// each.
var responseHeaders = map[string]struct{ description, example string }{
	RequestIDHeader:    {"Identifies the request in the servers' logs: the caller's own id, or a new one.", "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c12"},
	"RateLimit":        {"The number of requests left (r), and the seconds until the full quota is available (t).", `"user";r=199;t=1`},
	"RateLimit-Policy": {"The quota (q), and the seconds in which an empty quota refills (w).", `"user";q=200;w=2`},
	"Retry-After":      {"The seconds after which to retry.", "1"},
	"WWW-Authenticate": {"The accepted credentials, and the reason why those in the request were rejected.", `Bearer error="invalid_token"`},
}

// completeOperations returns a hook for each added operation. It documents what Huma
// omits, and removes keywords that only Huma understands. challenge is [Config.Challenge].
func completeOperations(challenge string) func(*huma.OpenAPI, *huma.Operation) {
	open := map[*huma.Schema]bool{} // most operations share their schemas
	return func(doc *huma.OpenAPI, op *huma.Operation) {
		completeEnums(doc.Components.Schemas)
		for _, parameter := range op.Parameters {
			// Huma has copied the description into the rule's message. It is not a
			// keyword of JSON Schema.
			parameter.Schema.PatternDescription = ""
		}
		for status, response := range op.Responses {
			documentHeaders(doc, op, status, response, challenge)
			for _, content := range response.Content {
				openResponses(doc.Components.Schemas, content.Schema, open)
				complete(doc, content)
			}
		}
		if op.RequestBody != nil {
			for _, content := range op.RequestBody.Content {
				complete(doc, content)
			}
		}
	}
}

// completeEnums adds null to the enums of nullable properties. JSON Schema requires it.
func completeEnums(schemas huma.Registry) {
	for _, schema := range schemas.Map() {
		for _, property := range schema.Properties {
			if property.Nullable && len(property.Enum) > 0 && !slices.Contains(property.Enum, any(nil)) {
				property.Enum = append(property.Enum, nil)
			}
		}
	}
}

// complete adds an example to a body that has none, built from those of its fields.
func complete(doc *huma.OpenAPI, content *huma.MediaType) {
	if content.Example == nil && content.Examples == nil {
		content.Example = exampleOf(doc.Components.Schemas, content.Schema)
	}
}

func exampleOf(registry huma.Registry, s *huma.Schema) any {
	switch {
	case s.Ref != "":
		return exampleOf(registry, registry.SchemaFromRef(s.Ref))
	case len(s.Examples) > 0:
		return s.Examples[0]
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(alternatives(s)) > 0:
		return exampleOf(registry, alternatives(s)[0])
	case s.Type == huma.TypeArray:
		return []any{exampleOf(registry, s.Items)}
	case s.Type == huma.TypeObject:
		members := make(map[string]any, len(s.Properties))
		for name, property := range s.Properties {
			members[name] = exampleOf(registry, property)
		}
		return members
	}
	return defaultExamples[s.Type+s.Format]
}

// defaultExamples are the examples of schemas that have none, by type and format.
var defaultExamples = map[string]any{
	huma.TypeBoolean: true, huma.TypeInteger: 1, huma.TypeInteger + "int64": 1, huma.TypeString: "text",
	huma.TypeString + "date-time": "2026-11-30T17:00:00Z",
}

// documentHeaders adds to a response the headers that responses of its status have.
func documentHeaders(doc *huma.OpenAPI, op *huma.Operation, status string, response *huma.Response, challenge string) {
	names := []string{RequestIDHeader}
	if op.Responses["429"] != nil {
		names = append(names, "RateLimit", "RateLimit-Policy")
	}
	if status == "401" {
		names = append(names, "WWW-Authenticate")
	}
	if status == "429" || status == "503" || status == "504" {
		names = append(names, "Retry-After")
	}
	if response.Headers == nil {
		response.Headers = map[string]*huma.Header{}
	}
	for _, name := range names {
		header := responseHeaders[name]
		if name == "WWW-Authenticate" && challenge != "" {
			header.example = challenge
		}
		doc.Components.Headers[name] = &huma.Header{
			Description: header.description, Schema: &huma.Schema{Type: huma.TypeString}, Example: header.example,
		}
		response.Headers[name] = &huma.Header{Ref: "#/components/headers/" + name}
	}
}
