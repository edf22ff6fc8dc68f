package operations

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/wirejson"
)

// BatchInput is the request of batch.
type BatchInput struct {
	KeyInput
	Body BatchRequest
	// Operations are the operations of the body.
	Operations []BatchOperation
}

// BatchOperation is a decoded operation of a batch.
type BatchOperation struct {
	Op   taskapi.BatchOp
	Kind taskapi.Kind
	ID   string
	// Version is the required version; zero for any.
	Version int64
	// Data is the kind's request to create, replace, update or move, by value;
	// nil for other operations.
	Data any
}

// BatchRequest is a taskapi.BatchRequest with undecoded operations.
type BatchRequest struct {
	Operations []rawOperation `json:"operations" minItems:"1" maxItems:"100"`
}

type rawOperation struct{ jsontext.Value }

// Schema implements [huma.SchemaProvider].
func (rawOperation) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Ref: schemaPrefix + "BatchItem"}
}

// withOperations returns a handler that first decodes the operations of a batch.
func (s Server) withOperations(handler func(context.Context, *BatchInput) (*BatchOutput, error)) func(context.Context, *BatchInput) (*BatchOutput, error) {
	if handler == nil {
		return nil
	}
	return func(ctx context.Context, in *BatchInput) (*BatchOutput, error) {
		var fields []taskapi.FieldError
		for i, raw := range in.Body.Operations {
			operation, invalid := readOperation(s.API, fmt.Sprintf("operations[%d]", i), raw.Value)
			in.Operations = append(in.Operations, operation)
			fields = append(fields, invalid...)
		}
		if len(fields) > 0 {
			return nil, httpapi.Invalid(fields...)
		}
		return handler(ctx, in)
	}
}

// readOperation validates an operation against the schema of its kind and op, and decodes
// it.
func readOperation(api *httpapi.API, path string, data []byte) (BatchOperation, []taskapi.FieldError) {
	var value any
	if err := wirejson.Unmarshal(data, &value); err != nil {
		return BatchOperation{}, fieldErrors(path, err)
	}
	var names []taskapi.Kind
	for _, k := range kinds {
		if k.InBatches() {
			names = append(names, k.Name)
		}
	}
	name, invalid := discriminate(api, path, value, "kind", names)
	if invalid != nil {
		return BatchOperation{}, invalid
	}
	op, invalid := discriminate(api, path, value, "op", taskapi.BatchOps())
	if invalid != nil {
		return BatchOperation{}, invalid
	}
	kind := kinds[slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })]
	if invalid := api.FieldErrors(&huma.Schema{Ref: schemaPrefix + kind.operation(op)}, path, value); invalid != nil {
		return BatchOperation{}, invalid
	}
	var raw taskapi.BatchOperation
	if err := wirejson.Unmarshal(data, &raw); err != nil {
		return BatchOperation{}, fieldErrors(path, err)
	}
	operation := BatchOperation{Op: raw.Op, Kind: raw.Kind, ID: raw.ID, Version: raw.Version}
	switch raw.Op {
	case taskapi.BatchCreate:
		return operation.withData(kind.Create, path+".data", raw.Data)
	case taskapi.BatchReplace:
		return operation.withData(kind.Replace, path+".data", raw.Data)
	case taskapi.BatchUpdate:
		return operation.withData(kind.Update, path+".changes", raw.Changes)
	case taskapi.BatchMove:
		return operation.withData(kind.Move, path+".to", raw.To)
	}
	return operation, nil
}

// discriminate returns the value of a union's discriminator.
func discriminate[T ~string](api *httpapi.API, path string, value any, property string, values []T) (T, []taskapi.FieldError) {
	enum := make([]any, len(values))
	for i, v := range values {
		enum[i] = string(v)
	}
	schema := object(map[string]*huma.Schema{property: {Type: huma.TypeString, Enum: enum}})
	schema.PrecomputeMessages()
	schema.Properties[property].PrecomputeMessages()
	invalid := api.FieldErrors(schema, path, value)
	members, _ := value.(map[string]any)
	name, _ := members[property].(string)
	return T(name), invalid
}

// withData decodes data as a type and returns the operation with it.
func (o BatchOperation) withData(t reflect.Type, path string, data []byte) (BatchOperation, []taskapi.FieldError) {
	request := reflect.New(t)
	if err := wirejson.Unmarshal(data, request.Interface()); err != nil {
		return BatchOperation{}, fieldErrors(path, err)
	}
	o.Data = request.Elem().Interface()
	return o, nil
}

// fieldErrors converts an error of wirejson to field errors.
func fieldErrors(path string, err error) []taskapi.FieldError {
	var failure *wirejson.Error
	if !errors.As(err, &failure) {
		return []taskapi.FieldError{{Field: path, Code: taskapi.FieldFormat, Message: "is malformed"}}
	}
	if failure.Field != "" {
		path += "." + failure.Field
	}
	return []taskapi.FieldError{{Field: path, Code: failure.Code, Message: failure.Message}}
}
