package sdktest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// target has a batch operation's members other than op, kind and content.
type target struct {
	ID      string `json:"id" format:"uuid"`
	Version int64  `json:"version,omitzero" minimum:"1"`
}

var targetFields = fieldsOf[target]()

func readBatch(c *call) (write, *problem) {
	object, p := parseObject(c.body)
	if p != nil {
		return write{}, p
	}
	var f fieldErrors
	operations := f.operations(object)
	if p := f.problem(); p != nil {
		return write{}, p
	}
	var fingerprint []any
	for _, o := range operations {
		fingerprint = append(fingerprint, o.fingerprint(), o.version)
	}
	return write{fingerprint: fingerprint, run: func(tx *transaction) (*reply, *problem) { return tx.batch(operations) }}, nil
}

// batchBytes bounds the resources that a batch changes or erases. The response, which has a
// resource several times if several operations name it, may have twice as much.
const batchBytes = 2 << 20

func batchTooLarge() *problem {
	return newProblem(taskapi.CodeBodyTooLarge, "These are too large together. Send them in smaller batches.")
}

// batch runs the operations. The response has the state after the whole batch.
func (tx *transaction) batch(operations []batchOperation) (*reply, *problem) {
	sizes := map[string]int{}
	total := 0
	for _, o := range operations {
		if e, ok := tx.user.resources[o.id]; ok && sizes[o.id] == 0 {
			sizes[o.id] = len(encode(e.wire()))
			total += sizes[o.id]
		}
	}
	if total > batchBytes {
		return nil, batchTooLarge()
	}
	if len(operations) > 1 {
		for _, o := range operations {
			tx.named = append(tx.named, o.id)
			for _, value := range o.content {
				if id, _ := value.Interface().(*string); id != nil {
					tx.named = append(tx.named, *id)
				}
			}
		}
	}
	var ids []string
	for i, o := range operations {
		r, p := tx.carryOut(o.operation)
		if p != nil {
			if p.Code == taskapi.CodeQuotaExceeded {
				return nil, p
			}
			if p.Code == taskapi.CodeInvalid { // of the data
				p.Errors[0].Field = join(join(index("operations", i), dataName(o.op)), p.Errors[0].Field)
				return nil, invalid(p.Errors...)
			}
			fieldErr := fieldError(index("operations", i)+".id", taskapi.FieldNotFound, "does not exist")
			switch p.Code {
			case o.kind.tooMany():
				fieldErr = fieldError(index("operations", i), taskapi.FieldTooMany, "exceeds the limit")
			case taskapi.CodeVersionConflict:
				fieldErr = fieldError(index("operations", i)+".version", taskapi.FieldConflict, "is not the current version")
			}
			p.Errors = fieldErrors{fieldErr}
			return nil, p
		}
		ids = append(ids, r.id())
	}
	response := taskapi.ResourceListResponse{Success: true, Data: []taskapi.Resource{}}
	total = 0
	for _, id := range ids {
		e, ok := tx.staged[id]
		if !ok {
			e = tx.user.resources[id] // unchanged in this transaction
		}
		response.Data = append(response.Data, e.asResource())
		total += len(response.Data[len(response.Data)-1].Data)
	}
	if total > 2*batchBytes && len(operations) > 1 {
		return nil, batchTooLarge()
	}
	return newReply(http.StatusOK, response), nil
}

// batchOperation is an operation of a batch.
type batchOperation struct {
	operation
	version int64 // zero: any
}

// operations reads the body of a batch.
func (f *fieldErrors) operations(object map[string]any) []batchOperation {
	f.rejectUnknown(object, "", "operations")
	member, ok := object["operations"]
	items, isList := member.([]any)
	switch {
	case !ok:
		f.add("operations", taskapi.FieldRequired, "is required")
	case !isList:
		f.add("operations", taskapi.FieldType, "must be an array")
	case len(items) == 0:
		f.add("operations", taskapi.FieldTooFew, "must have at least 1 entries")
	case len(items) > taskapi.MaxBatchOperations:
		f.add("operations", taskapi.FieldTooMany, "must have at most "+strconv.Itoa(taskapi.MaxBatchOperations)+" entries")
	}
	var operations []batchOperation
	for i, item := range items {
		if object, ok := item.(map[string]any); ok {
			operations = append(operations, f.operation(object, index("operations", i)))
		} else {
			f.add(index("operations", i), taskapi.FieldType, "must be an object")
		}
	}
	return operations
}

// operation reads one operation of a batch. Its members depend on its kind, and then on
// op.
func (f *fieldErrors) operation(object map[string]any, path string) batchOperation {
	var o batchOperation
	kinds := slices.DeleteFunc(taskapi.Kinds(), func(name taskapi.Kind) bool { return kindNamed(name).single != "" })
	if o.kind = kindNamed(choice(f, object, path, "kind", kinds)); o.kind == nil {
		return o
	}
	if o.op = choice(f, object, path, "op", taskapi.BatchOps()); o.op == "" {
		return o
	}
	names := []string{"op", "kind"}
	if o.op != taskapi.BatchCreate {
		names = append(names, "id", "version")
		fields := f.read(targetFields, object, path)
		if id, ok := fields["id"]; ok {
			o.id = id.String()
		}
		if version, ok := fields["version"]; ok {
			o.version = version.Int()
			o.allowed = func(version int64) bool { return version == o.version }
		}
	}
	if body := dataName(o.op); body != "" {
		names = append(names, body)
		member, ok := object[body]
		content, isObject := member.(map[string]any)
		switch {
		case !ok:
			f.add(join(path, body), taskapi.FieldRequired, "is required")
		case !isObject:
			f.add(join(path, body), taskapi.FieldType, "must be an object")
		default:
			o.body(f, content, join(path, body))
		}
	}
	f.rejectUnknown(object, path, names...)
	return o
}

// dataName returns the name of a batch operation's data member; empty for none.
func dataName(op taskapi.BatchOp) string {
	switch op {
	case taskapi.BatchCreate, taskapi.BatchReplace:
		return "data"
	case taskapi.BatchUpdate:
		return "changes"
	case taskapi.BatchMove:
		return "to"
	}
	return ""
}

// choice returns a member that must be one of the names, or "" with an error in f.
func choice[T ~string](f *fieldErrors, object map[string]any, path, name string, names []T) T {
	member, ok := object[name]
	text, isText := member.(string)
	switch {
	case !ok:
		f.add(join(path, name), taskapi.FieldRequired, "is required")
	case !isText:
		f.add(join(path, name), taskapi.FieldType, "must be a string")
	case !slices.Contains(names, T(text)):
		f.add(join(path, name), taskapi.FieldNotAllowed, fmt.Sprintf("must be one of %v", names))
	default:
		return T(text)
	}
	return ""
}
