package contracttest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Document is an OpenAPI document. Its methods are safe for concurrent use.
type Document struct {
	operations []operation
	components *openapi3.Components

	compiler *jsonschema.Compiler
	mu       sync.Mutex
	compiled map[string]*jsonschema.Schema // by JSON pointer
}

// operation is an operation of the document.
type operation struct {
	*openapi3.Operation

	method, path string
}

// documentName is the name of the document for the schema compiler.
const documentName = "document.json"

// Load parses a document in YAML or JSON.
func Load(text []byte) (*Document, error) {
	read, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	encoded, err := read.MarshalJSON()
	if err != nil {
		return nil, err
	}
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		return nil, err
	}
	closeSchemas(tree)
	d := &Document{components: read.Components, compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}}
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource(documentName, tree); err != nil {
		return nil, err
	}
	for path, item := range read.Paths.Map() {
		for method, op := range item.Operations() {
			d.operations = append(d.operations, operation{Operation: op, method: method, path: path})
		}
	}
	slices.SortFunc(d.operations, func(a, b operation) int { return cmp.Compare(a.OperationID, b.OperationID) })
	return d, nil
}

// closeSchemas makes objects reject undocumented properties, and open sets undocumented
// values. Clients must accept them from later versions, but a server must not send them.
func closeSchemas(tree any) {
	switch tree := tree.(type) {
	case map[string]any:
		if _, open := tree["additionalProperties"]; !open && tree["properties"] != nil {
			tree["additionalProperties"] = false
		}
		if values, ok := tree["x-extensible-enum"]; ok {
			tree["enum"] = values
		}
		for _, inner := range tree {
			closeSchemas(inner)
		}
	case []any:
		for _, inner := range tree {
			closeSchemas(inner)
		}
	}
}

// CheckResponse returns an error if the status, media type, body or error code of a
// response is not documented, or one of the headers that many responses have. It ignores
// paths that are not in the document, and the bodies of streams.
func (d *Document) CheckResponse(method, path string, response Response) error {
	if op := d.find(method, path); op != nil {
		return d.check(op, response)
	}
	return nil
}

func (d *Document) check(op *operation, response Response) error {
	documented := op.Responses.Status(response.Status)
	if documented == nil {
		return fmt.Errorf("%s has no status %d", op.OperationID, response.Status)
	}
	for name := range d.components.Headers {
		if response.Header.Get(name) != "" && documented.Value.Headers[name] == nil {
			return fmt.Errorf("%s has no header %s with status %d", op.OperationID, name, response.Status)
		}
	}
	if len(documented.Value.Content) == 0 {
		if len(response.Body) > 0 {
			return fmt.Errorf("%s has no body with status %d", op.OperationID, response.Status)
		}
		return nil
	}
	media, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || documented.Value.Content[media] == nil {
		return fmt.Errorf("%s has no media type %q with status %d", op.OperationID, response.Header.Get("Content-Type"), response.Status)
	}
	if media == "text/event-stream" {
		return nil
	}
	schema, err := d.schema(pointer("paths", op.path, strings.ToLower(op.method), "responses", strconv.Itoa(response.Status), "content", media, "schema"))
	if err != nil {
		return err
	}
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader(response.Body))
	if err != nil {
		return err
	}
	if err := schema.Validate(body); err != nil || media != "application/problem+json" {
		return err
	}
	return checkCode(op, response.Body, documented.Value.Content[media].Examples)
}

// checkCode returns an error if an operation does not document the code of a problem. The
// documented codes are those of the examples.
func checkCode(op *operation, body []byte, examples openapi3.Examples) error {
	var problem taskapi.Problem
	if err := json.Unmarshal(body, &problem); err != nil {
		return err
	}
	// not_found means that the path matches no operation, such as one with a brace.
	if problem.Code != taskapi.CodeNotFound && examples[string(problem.Code)] == nil {
		return fmt.Errorf("%s has no code %s: add it to the operation in services/tasks/operations", op.OperationID, problem.Code)
	}
	return nil
}

// schema returns the compiled schema at a JSON pointer.
func (d *Document) schema(pointer string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.compiled[pointer]; known != nil {
		return known, nil
	}
	schema, err := d.compiler.Compile(documentName + pointer)
	if err != nil {
		return nil, err
	}
	d.compiled[pointer] = schema
	return schema, nil
}

// pointer builds a JSON pointer as a URL fragment.
func pointer(tokens ...string) string {
	var b strings.Builder
	b.WriteByte('#')
	for _, token := range tokens {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D", "+", "%2B").Replace(token))
	}
	return b.String()
}

// find returns the operation of a request, or nil.
func (d *Document) find(method, path string) *operation {
	var found *operation
	for i, op := range d.operations {
		// A path without parameters wins.
		if op.method == method && matches(op.path, path) && (found == nil || !strings.Contains(op.path, "{")) {
			found = &d.operations[i]
		}
	}
	return found
}

func matches(template, path string) bool {
	wanted, got := strings.Split(template, "/"), strings.Split(path, "/")
	return slices.EqualFunc(wanted, got, func(a, b string) bool { return a == b || strings.HasPrefix(a, "{") })
}

// json returns the schema of an operation's request body, or nil.
func (op operation) json() *openapi3.Schema {
	if op.RequestBody == nil {
		return nil
	}
	return op.RequestBody.Value.Content["application/json"].Schema.Value
}

// creates reports whether the operation creates a resource.
func (op operation) creates() bool { return op.Responses.Status(http.StatusCreated) != nil }

// parameter returns a parameter, or nil.
func (op operation) parameter(in, name string) *openapi3.Parameter {
	return op.Parameters.GetByInAndName(in, name)
}
