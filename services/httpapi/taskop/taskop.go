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

// Tag groups the task operations in the document.
var Tag = &huma.Tag{Name: "Tasks", Description: "The signed-in user's own to-do list."}

// MergePatch is the media type of updateTask's body (RFC 7396).
const MergePatch = "application/merge-patch+json"

// ListInput is the query of listTasks.
type ListInput struct {
	Completed OptionalBool `query:"completed" doc:"Only finished (true) or only open (false) tasks; all by default." example:"false"`
	Limit     int          `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"The number of tasks on a page." example:"50"`
	Cursor    string       `query:"cursor" maxLength:"1000" doc:"The nextCursor of the page before, with the same filters."`
}

// Options returns the query as the SDK's type.
func (in *ListInput) Options() taskapi.ListTasksOptions {
	return taskapi.ListTasksOptions{Completed: in.Completed.Value, Limit: in.Limit, Cursor: in.Cursor}
}

// CreateInput is the request of createTask.
type CreateInput struct {
	Body taskapi.CreateTaskRequest
}

// GetInput is the request of getTask.
type GetInput struct {
	TaskID string `path:"taskId" format:"uuid" doc:"The task's id." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
}

// ReplaceInput is the request of replaceTask.
type ReplaceInput struct {
	GetInput
	Body taskapi.ReplaceTaskRequest
}

// UpdateInput is the request of updateTask.
type UpdateInput struct {
	GetInput
	Body taskapi.UpdateTaskRequest
}

// DeleteInput is the request of deleteTask.
type DeleteInput struct {
	GetInput
}

// List returns the operation listTasks.
func List() huma.Operation {
	return operation("listTasks", http.MethodGet, "/api/tasks", "List tasks",
		"Returns the tasks outside the trash, newest first, a page at a time.")
}

// Create returns the operation createTask.
func Create() huma.Operation {
	op := operation("createTask", http.MethodPost, "/api/tasks", "Create a task",
		"Adds a task to the list.")
	op.DefaultStatus = http.StatusCreated
	return op
}

// Get returns the operation getTask.
func Get() huma.Operation {
	return operation("getTask", http.MethodGet, "/api/tasks/{taskId}", "Get a task",
		"Returns one task, also from the trash. Another user's task does not exist here.")
}

// Replace returns the operation replaceTask.
func Replace() huma.Operation {
	return operation("replaceTask", http.MethodPut, "/api/tasks/{taskId}", "Replace a task",
		"Sets every field of the task. A field that is left out takes its default.")
}

// Update returns the operation updateTask. Its body may be sent as JSON or as
// a merge patch.
func Update(registry huma.Registry) huma.Operation {
	op := operation("updateTask", http.MethodPatch, "/api/tasks/{taskId}", "Change a task",
		"Sets the fields that are present (RFC 7396). A field that is left out keeps its value; null removes the due date.")
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
		"Moves the task to the trash and returns it.")
}

func operation(id, method, path, summary, description string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: path,
		Summary: summary, Description: description,
		Tags: []string{Tag.Name},
	}
}
