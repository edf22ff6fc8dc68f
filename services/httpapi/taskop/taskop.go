// Package taskop describes the task operations as HTTP shows them: method,
// path, parameters, words for the document. The task service and the BFF
// register the same operations and differ only in what they do.
package taskop

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Tag groups the task operations in the document, ChangesTag those that tell
// what changed.
var (
	Tag        = &huma.Tag{Name: "Tasks", Description: "The signed-in user's own to-do list."}
	ChangesTag = &huma.Tag{Name: "Changes", Description: "What changed in the list, in order, by asking or by listening."}
)

// MergePatch is the media type of updateTask's body (RFC 7396).
const MergePatch = "application/merge-patch+json"

// maxBatchBytes is the size of the largest batch.
const maxBatchBytes = 2 << 20

// List returns the operation listTasks.
func List() huma.Operation {
	return operation("listTasks", http.MethodGet, "/api/tasks", "List tasks",
		"Returns the tasks that pass all filters, a page at a time. While tasks come, go and change between two pages, one that stays as it is neither repeats nor is skipped.")
}

// Create returns the operation createTask.
func Create() huma.Operation {
	op := operation("createTask", http.MethodPost, "/api/tasks", "Create a task", "Adds a task to the list.")
	op.DefaultStatus = http.StatusCreated
	return op
}

// Get returns the operation getTask.
func Get() huma.Operation {
	op := operation("getTask", http.MethodGet, "/api/tasks/{taskId}", "Get a task",
		"Returns one task, also from the trash. Another user's task does not exist here.")
	op.Responses = map[string]*huma.Response{"304": {Description: "The task has a version that If-None-Match names."}}
	return op
}

// Replace returns the operation replaceTask.
func Replace() huma.Operation {
	return operation("replaceTask", http.MethodPut, "/api/tasks/{taskId}", "Replace a task",
		"Sets every field of the task. A field that is left out takes its default. One that changes nothing keeps the version.")
}

// Update returns the operation updateTask. Its body may be sent as JSON or as
// a merge patch.
func Update(registry huma.Registry) huma.Operation {
	op := operation("updateTask", http.MethodPatch, "/api/tasks/{taskId}", "Change a task",
		"Sets the fields that are present (RFC 7396). A field that is left out keeps its value; null removes the due date. A patch that changes nothing keeps the version.")
	body := registry.Schema(reflect.TypeFor[taskapi.UpdateTaskRequest](), true, "")
	schema := registry.SchemaFromRef(body.Ref)
	schema.MinProperties = new(1)
	schema.PrecomputeMessages()
	op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{
		"application/json": {Schema: body},
		MergePatch:         {Schema: body},
	}}
	return op
}

// Delete returns the operation deleteTask.
func Delete() huma.Operation {
	return operation("deleteTask", http.MethodDelete, "/api/tasks/{taskId}", "Delete a task",
		"Moves the task to the trash, where it can be read, restored and erased for 30 days. With permanent=true it is erased at once, from the trash or outside it. Returns the task, an erased one as it was.")
}

// Restore returns the operation restoreTask.
func Restore() huma.Operation {
	return operation("restoreTask", http.MethodPost, "/api/tasks/{taskId}/restore", "Restore a task",
		"Takes the task out of the trash. One that is not there is not found.")
}

// Batch returns the operation batchTasks.
func Batch() huma.Operation {
	op := operation("batchTasks", http.MethodPost, "/api/tasks/batch", "Change several tasks at once",
		"Carries out up to 100 operations in order, all or none. Each sees what those before it did. The answer holds the task of each operation, in order, as the batch left it; a failure is that of the first operation that fails, and names it in errors[].field.")
	op.MaxBodyBytes = maxBatchBytes
	return op
}

// Stats returns the operation taskStats.
func Stats() huma.Operation {
	return operation("taskStats", http.MethodGet, "/api/tasks/stats", "Count tasks",
		"Counts the tasks by state, priority and tag. Today is the present day of the time zone.")
}

// Changes returns the operation listChanges.
func Changes() huma.Operation {
	op := operation("listChanges", http.MethodGet, "/api/tasks/changes", "List changes",
		"Returns what changed after a number, in order and by state: a task that changed several times appears once, at its latest number. Numbers that are older than what is kept of erased tasks (30 days) have expired: list again.")
	op.Tags = []string{ChangesTag.Name}
	return op
}

// Watch returns the operation watchChanges.
func Watch() huma.Operation {
	op := operation("watchChanges", http.MethodGet, "/api/tasks/events", "Watch changes",
		"A stream of server-sent events. It begins with the event ready, whose data is {\"seq\": N}, the number it begins after; then each change is an event named change, whose id is its number and whose data is the change on one line, as listChanges has it. A comment every 15 seconds keeps the connection alive. Reconnect with Last-Event-ID, or with after, and nothing is missed.")
	op.Tags = []string{ChangesTag.Name}
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The stream.",
		Content: map[string]*huma.MediaType{"text/event-stream": {
			Schema:  &huma.Schema{Type: huma.TypeString},
			Example: "event: ready\ndata: {\"seq\":183}\n\nid: 184\nevent: change\ndata: {\"seq\":184,\"type\":\"delete\",\"taskId\":\"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11\",\"task\":null}\n\n",
		}},
	}}
	return op
}

// DescribeChange completes what the document says of the type C of a change,
// whose task may be null.
func DescribeChange[C any](registry huma.Registry) {
	ref := registry.Schema(reflect.TypeFor[C](), true, "")
	OrNull(registry.SchemaFromRef(ref.Ref), "task")
}

// OrNull says in an object's schema that a member, itself an object, may be
// null, which Huma cannot say.
func OrNull(object *huma.Schema, member string) {
	schema := object.Properties[member]
	object.Properties[member] = &huma.Schema{
		Description: schema.Description,
		AnyOf:       []*huma.Schema{{Ref: schema.Ref}, {Type: "null"}},
	}
}

func operation(id, method, path, summary, description string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: path,
		Summary: summary, Description: description,
		Tags: []string{Tag.Name},
	}
}
