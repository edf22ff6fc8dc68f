package contracttest

import (
	"bytes"
	"cmp"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Document is an OpenAPI document. Its methods may be called concurrently.
type Document struct {
	operations []operation
	components *openapi3.Components

	compiler *jsonschema.Compiler
	mu       sync.Mutex
	compiled map[string]*jsonschema.Schema // by their places
}

// operation is one of the document's.
type operation struct {
	*openapi3.Operation

	method, path string
}

// place is where the compiler finds the document.
const place = "document.json"

// Load reads a document, which is YAML or JSON.
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
	if err := d.compiler.AddResource(place, tree); err != nil {
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

// closeSchemas makes the schemas of objects and of open sets exclude what they do
// not list. Clients must expect more; our own servers must not send more than
// they document.
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

// CheckResponse returns an error if a response is not as documented: its status,
// its media type or its body. It knows nothing of requests to other paths. The
// body of a stream is not checked.
func (d *Document) CheckResponse(method, path string, answer Answer) error {
	if op := d.find(method, path); op != nil {
		return d.check(op, answer)
	}
	return nil
}

func (d *Document) check(op *operation, answer Answer) error {
	response := op.Responses.Status(answer.Status)
	if response == nil {
		return fmt.Errorf("%s has no status %d", op.OperationID, answer.Status)
	}
	if len(response.Value.Content) == 0 {
		if len(answer.Body) > 0 {
			return fmt.Errorf("%s has no body with status %d", op.OperationID, answer.Status)
		}
		return nil
	}
	media, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil || response.Value.Content[media] == nil {
		return fmt.Errorf("%s has no media type %q with status %d", op.OperationID, answer.Header.Get("Content-Type"), answer.Status)
	}
	if media == "text/event-stream" {
		return nil
	}
	schema, err := d.schema(pointer("paths", op.path, strings.ToLower(op.method), "responses", strconv.Itoa(answer.Status), "content", media, "schema"))
	if err != nil {
		return err
	}
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer.Body))
	if err != nil {
		return err
	}
	return schema.Validate(body)
}

// schema returns the compiled schema at a place.
func (d *Document) schema(pointer string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.compiled[pointer]; known != nil {
		return known, nil
	}
	schema, err := d.compiler.Compile(place + pointer)
	if err != nil {
		return nil, err
	}
	d.compiled[pointer] = schema
	return schema, nil
}

// pointer returns a JSON pointer as a fragment.
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

// json returns an operation's body, and nil for none.
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
