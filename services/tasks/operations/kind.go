package operations

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// Kind describes a kind of resource.
type Kind struct {
	Name taskapi.Kind
	// Title is the kind in the names of schemas and operations.
	Title string
	// Path is the path of the resources.
	Path string
	// Maximum, unless zero, is the maximum number of a user's resources outside the trash.
	Maximum int
	// The types of the resource and of the requests. Of a kind without requests to
	// create, each user has one resource with its own operations.
	Resource, Create, Replace, Update, Move reflect.Type

	// tag is the kind's group of operations in the document, about its description.
	tag, about string
	// onList, onUpdate and so on are added to the descriptions of the operations.
	onList, onUpdate, onDelete, onRestore, onMove string
	// register adds the operations of the kind.
	register func(Server, Kind, Resources)
}

// kinds are all kinds.
var kinds = []Kind{tasks, lists, settings}

// Kinds returns every kind.
func Kinds() []Kind { return kinds }

// InBatches reports whether batches support the kind.
func (k Kind) InBatches() bool { return k.Create != nil }

// NotFound is the error code of a missing resource.
func (k Kind) NotFound() taskapi.ErrorCode { return taskapi.ErrorCode(k.Name + "_not_found") }

// TooMany is the error code of more than Maximum resources.
func (k Kind) TooMany() taskapi.ErrorCode { return taskapi.ErrorCode("too_many_" + k.Name + "s") }

// exampleID is the id of resources in examples.
const exampleID = "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"

// describeResources documents the unions: changes, resources and batch operations,
// discriminated by kind, and the batch operations of a kind, discriminated by op.
func describeResources(api *httpapi.API) {
	schemas := api.OpenAPI().Components.Schemas
	changes, resources, operations := union{property: "kind"}, union{property: "kind"}, union{property: "kind"}
	for _, k := range kinds {
		changes.add(string(k.Name), k.Title+"Change")
		resources.add(string(k.Name), k.Title+"Resource")
		resource := api.Schema(k.Resource)
		define(schemas, k.Title+"Resource", object(map[string]*huma.Schema{
			"kind": constant(string(k.Name)), "data": resource,
		}))
		define(schemas, k.Title+"Change", object(map[string]*huma.Schema{
			"seq":  {Type: huma.TypeInteger, Format: "int64", Description: "Higher than the number of every earlier change.", Examples: []any{184}},
			"kind": constant(string(k.Name)),
			"id":   {Type: huma.TypeString, Format: "uuid", Examples: []any{exampleID}},
			"data": {
				Description: "The resource as it is now, also in the trash; null once it has been erased.",
				OneOf:       []*huma.Schema{resource, {Type: "null"}},
			},
		}))
		if !k.InBatches() {
			continue
		}
		operations.add(string(k.Name), k.Title+"BatchItem")
		define(schemas, k.Title+"BatchItem", k.operations(api).schema("An operation of a batch on a "+string(k.Name)+"."))
	}
	replace[taskapi.Change](schemas, changes.schema("A resource that changed. The set of kinds is open: ignore kinds you do not know."))
	replace[taskapi.Resource](schemas, resources.schema("A resource of any kind. The set of kinds is open: ignore kinds you do not know."))
	define(schemas, "BatchItem", operations.schema("An operation of a batch."))
}

// operations documents the batch operations of a kind.
func (k Kind) operations(api *httpapi.API) *union {
	schemas := api.OpenAPI().Components.Schemas
	all := &union{property: "op"}
	for _, op := range taskapi.BatchOps() {
		properties := map[string]*huma.Schema{"op": constant(string(op)), "kind": constant(string(k.Name))}
		optional := []string{}
		if op != taskapi.BatchCreate {
			properties["id"] = &huma.Schema{Type: huma.TypeString, Format: "uuid", Description: "The resource's id.", Examples: []any{exampleID}}
			properties["version"] = &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: new(1.0), Description: "The version that the resource must have; any by default.", Examples: []any{3}}
			optional = append(optional, "version")
		}
		switch op {
		case taskapi.BatchCreate:
			properties["data"] = api.Schema(k.Create)
		case taskapi.BatchReplace:
			properties["data"] = api.Schema(k.Replace)
		case taskapi.BatchUpdate:
			properties["changes"] = api.Schema(k.Update)
		case taskapi.BatchMove:
			to := api.Schema(k.Move)
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
func (k Kind) operation(op taskapi.BatchOp) string {
	return strings.ToUpper(string(op[:1])) + string(op[1:]) + k.Title + "BatchItem"
}
