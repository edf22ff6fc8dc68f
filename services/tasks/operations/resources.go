package operations

import (
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// kind describes one kind of resource in the document.
type kind struct {
	name taskapi.Kind
	// title is the kind in the names of schemas and operations.
	title string
	// path is the path of its resources, tag their group in the document.
	path, tag string
	notFound  taskapi.ErrorCode
	// tooMany is the code for more resources outside the trash than a user may
	// have; empty without a bound.
	tooMany taskapi.ErrorCode
	// onUpdate, onDelete, onRestore and onMove describe effects on other resources.
	onUpdate, onDelete, onRestore, onMove   string
	resource, create, replace, update, move reflect.Type
}

// inBatches reports whether batches support the kind. Of other kinds, each user has one
// resource with its own operations.
func (k kind) inBatches() bool { return k.create != nil }

// kinds lists every kind of resource.
var kinds = []kind{{
	name: taskapi.KindTask, title: "Task", path: TasksPath, tag: tasksTag,
	notFound:  taskapi.CodeTaskNotFound,
	onUpdate:  " Completing a task completes its sub-tasks, opening one opens the tasks above it. Completing a recurring task creates the next one, with copies of the sub-tasks, and nextId names it; opening it again erases the next one unless that was changed. Sub-tasks follow a task to another list.",
	onDelete:  " Its sub-tasks go to the trash with it. With permanent=true they are erased, also those that were in the trash before.",
	onRestore: " The sub-tasks that went to the trash with it, or with the same task or list, are restored, too. A task whose parent is erased or in the trash becomes a top-level task; one whose list is, moves to the Inbox.",
	onMove:    " With listId or parentId it moves to another list or below another task, with its sub-tasks; without after and before it becomes the last there. The other task must have the same list and parent.",
	resource:  reflect.TypeFor[taskapi.Task](),
	create:    reflect.TypeFor[taskapi.CreateTaskRequest](),
	replace:   reflect.TypeFor[taskapi.ReplaceTaskRequest](),
	update:    reflect.TypeFor[taskapi.UpdateTaskRequest](),
	move:      reflect.TypeFor[taskapi.MoveTaskRequest](),
}, {
	name: taskapi.KindList, title: "List", path: ListsPath, tag: listsTag,
	notFound: taskapi.CodeListNotFound, tooMany: taskapi.CodeTooManyLists,
	onDelete:  " The tasks of the list go to the trash with it. With permanent=true all its tasks are erased, also those that were in the trash before.",
	onRestore: " The tasks that went to the trash with it are restored, too.",
	resource:  reflect.TypeFor[taskapi.List](),
	create:    reflect.TypeFor[taskapi.CreateListRequest](),
	replace:   reflect.TypeFor[taskapi.ReplaceListRequest](),
	update:    reflect.TypeFor[taskapi.UpdateListRequest](),
	move:      reflect.TypeFor[taskapi.MoveListRequest](),
}, {
	name: taskapi.KindSettings, title: "Settings",
	resource: reflect.TypeFor[taskapi.Settings](),
}}

// exampleID is the id of resources in examples.
const exampleID = "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"

// describeResources documents the unions: changes, resources and batch operations,
// discriminated by kind, and the batch operations of a kind, discriminated by op.
func describeResources(api *httpapi.API) {
	schemas := api.OpenAPI().Components.Schemas
	changes, resources, operations := union{property: "kind"}, union{property: "kind"}, union{property: "kind"}
	for _, k := range kinds {
		changes.add(string(k.name), k.title+"Change")
		resources.add(string(k.name), k.title+"Resource")
		resource := api.Schema(k.resource)
		define(schemas, k.title+"Resource", object(map[string]*huma.Schema{
			"kind": constant(string(k.name)), "data": resource,
		}))
		define(schemas, k.title+"Change", object(map[string]*huma.Schema{
			"seq":  {Type: huma.TypeInteger, Format: "int64", Description: "Higher than the number of every earlier change.", Examples: []any{184}},
			"kind": constant(string(k.name)),
			"id":   {Type: huma.TypeString, Format: "uuid", Examples: []any{exampleID}},
			"data": {
				Description: "The resource as it is now, also in the trash; null once it has been erased.",
				OneOf:       []*huma.Schema{resource, {Type: "null"}},
			},
		}))
		if !k.inBatches() {
			continue
		}
		operations.add(string(k.name), k.title+"BatchItem")
		define(schemas, k.title+"BatchItem", k.operations(api).schema("An operation of a batch on a "+string(k.name)+"."))
	}
	replace[taskapi.Change](schemas, changes.schema("A resource that changed. The set of kinds is open: ignore kinds you do not know."))
	replace[taskapi.Resource](schemas, resources.schema("A resource of any kind. The set of kinds is open: ignore kinds you do not know."))
	define(schemas, "BatchItem", operations.schema("An operation of a batch."))
}

// operations documents the batch operations of a kind.
func (k kind) operations(api *httpapi.API) *union {
	schemas := api.OpenAPI().Components.Schemas
	all := &union{property: "op"}
	for _, op := range taskapi.BatchOps() {
		properties := map[string]*huma.Schema{"op": constant(string(op)), "kind": constant(string(k.name))}
		optional := []string{}
		if op != taskapi.BatchCreate {
			properties["id"] = &huma.Schema{Type: huma.TypeString, Format: "uuid", Description: "The resource's id.", Examples: []any{exampleID}}
			properties["version"] = &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: new(1.0), Description: "The version that the resource must have; any by default.", Examples: []any{3}}
			optional = append(optional, "version")
		}
		switch op {
		case taskapi.BatchCreate:
			properties["data"] = api.Schema(k.create)
		case taskapi.BatchReplace:
			properties["data"] = api.Schema(k.replace)
		case taskapi.BatchUpdate:
			properties["changes"] = api.Schema(k.update)
		case taskapi.BatchMove:
			to := api.Schema(k.move)
			schemas.SchemaFromRef(to.Ref).Examples = []any{map[string]any{"after": exampleID}, map[string]any{"before": nil}}
			properties["to"] = to
		}
		name := k.operation(op)
		schema := object(properties, optional...)
		schema.AdditionalProperties = false
		define(schemas, name, schema)
		all.add(string(op), name)
	}
	return all
}

// operation returns the name of the schema of a batch operation, such as
// CreateTaskBatchItem. Client generators use CreateTaskOperation for the operation
// createTask.
func (k kind) operation(op taskapi.BatchOp) string {
	return strings.ToUpper(string(op[:1])) + string(op[1:]) + k.title + "BatchItem"
}

// kindOf returns the kind with a name, which is one of taskapi.Kinds.
func kindOf(name taskapi.Kind) kind {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	return kinds[i]
}
