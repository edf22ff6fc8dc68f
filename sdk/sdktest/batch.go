package sdktest

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

func (s *Server) batchTasks(c *call) (*reply, *problem) {
	object, p := parseObject(c.body)
	if p != nil {
		return nil, p
	}
	var f faults
	operations := f.operations(object)
	if p := f.problem(); p != nil {
		return nil, p
	}
	var ids []string
	for i, operation := range operations {
		task, p := c.tx.operation(operation, index("operations", i))
		if p != nil {
			return nil, p
		}
		ids = append(ids, task.ID)
	}
	// As the batch leaves them, not each operation.
	response := taskapi.BatchResponse{Success: true, Data: []taskapi.Task{}}
	for _, id := range ids {
		task, _ := c.tx.get(id)
		response.Data = append(response.Data, task)
	}
	return newReply(http.StatusOK, response), nil
}

// operation carries out one operation of a batch.
func (tx *transaction) operation(operation taskapi.BatchOperation, path string) (taskapi.Task, *problem) {
	if operation.Op == taskapi.BatchCreate {
		return tx.create(*operation.Task), nil
	}
	task, ok := tx.find(operation.ID, outsideTrash)
	if !ok {
		p := notFound()
		p.Errors = faults{fieldError(join(path, "id"), taskapi.FieldNotFound, "is no task outside the trash")}
		return taskapi.Task{}, p
	}
	if operation.Version != 0 && operation.Version != task.Version {
		p := conflict(task)
		p.Errors = faults{fieldError(join(path, "version"), taskapi.FieldConflict, "is not the task's version")}
		return taskapi.Task{}, p
	}
	if operation.Op == taskapi.BatchDelete {
		return tx.trash(task), nil
	}
	return tx.edit(task, merge(task, *operation.Changes)), nil
}

// operations reads the body of a batch.
func (f *faults) operations(object map[string]any) []taskapi.BatchOperation {
	f.known(object, "", []string{"operations"})
	if _, ok := object["operations"]; !ok {
		f.add("operations", taskapi.FieldRequired, "is required")
	}
	items, ok := field[[]any](f, object, "", "operations", "must be an array")
	switch {
	case ok && len(items) == 0:
		f.add("operations", taskapi.FieldTooFew, "must have at least 1 entries")
	case len(items) > taskapi.MaxBatchOperations:
		f.add("operations", taskapi.FieldTooMany, "must have at most "+strconv.Itoa(taskapi.MaxBatchOperations)+" entries")
	}
	var operations []taskapi.BatchOperation
	for i, item := range items {
		path := index("operations", i)
		if object, ok := item.(map[string]any); ok {
			operations = append(operations, f.operation(object, path))
		} else {
			f.add(path, taskapi.FieldType, "must be an object")
		}
	}
	return operations
}

// operationFields are the fields that each kind of operation must and may have
// besides op.
var operationFields = map[taskapi.BatchOp]struct{ must, may []string }{
	taskapi.BatchCreate: {must: []string{"task"}},
	taskapi.BatchUpdate: {must: []string{"id", "changes"}, may: []string{"version"}},
	taskapi.BatchDelete: {must: []string{"id"}, may: []string{"version"}},
}

// operation reads one operation of a batch.
func (f *faults) operation(object map[string]any, path string) taskapi.BatchOperation {
	var operation taskapi.BatchOperation
	if _, ok := object["op"]; !ok {
		f.add(join(path, "op"), taskapi.FieldRequired, "is required")
		return operation
	}
	op, ok := field[string](f, object, path, "op", "must be a string")
	operation.Op = taskapi.BatchOp(op)
	fields, known := operationFields[operation.Op]
	if !known {
		if ok {
			f.add(join(path, "op"), taskapi.FieldNotAllowed, "must be one of create, update, delete")
		}
		return operation
	}
	f.known(object, path, slices.Concat([]string{"op"}, fields.must, fields.may))
	for _, name := range fields.must {
		if _, ok := object[name]; !ok {
			f.add(join(path, name), taskapi.FieldRequired, "is required")
		}
	}
	f.target(&operation, object, path)
	if task, ok := field[map[string]any](f, object, path, "task", "must be an object"); ok {
		operation.Task = new(f.task(task, join(path, "task")))
	}
	if changes, ok := field[map[string]any](f, object, path, "changes", "must be an object"); ok {
		operation.Changes = new(f.patch(changes, join(path, "changes")))
	}
	return operation
}

// target reads which task an operation is about.
func (f *faults) target(operation *taskapi.BatchOperation, object map[string]any, path string) {
	if id, ok := field[string](f, object, path, "id", "must be a string"); ok {
		operation.ID = id
		if !isUUID(id) {
			f.add(join(path, "id"), taskapi.FieldFormat, "must be a UUID")
		}
	}
	if version, ok := object["version"]; ok {
		text, isNumber := version.(interface{ Int64() (int64, error) })
		var err error
		if isNumber {
			operation.Version, err = text.Int64()
		}
		switch {
		case version == nil:
			f.add(join(path, "version"), taskapi.FieldNull, "must not be null")
		case !isNumber || err != nil:
			f.add(join(path, "version"), taskapi.FieldType, "must be a whole number")
		case operation.Version < 1:
			f.add(join(path, "version"), taskapi.FieldOutOfRange, "must be at least 1")
		}
	}
}
