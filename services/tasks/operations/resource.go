package operations

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// ResourceHandlers implement the operations that every kind of resource has. C,
// R, U and M are the requests to create, replace, update and move a resource, T is
// the resource.
type ResourceHandlers[C, R, U, M, T any] struct {
	Create  func(context.Context, *CreateInput[C]) (*CreateOutput[T], error)
	Get     func(context.Context, *GetInput) (*GetOutput[T], error)
	Replace func(context.Context, *EditInput[R]) (*WriteOutput[T], error)
	Update  func(context.Context, *EditInput[U]) (*WriteOutput[T], error)
	Delete  func(context.Context, *DeleteInput) (*WriteOutput[T], error)
	Restore func(context.Context, *WriteInput) (*WriteOutput[T], error)
	Move    func(context.Context, *EditInput[M]) (*WriteOutput[T], error)
}

// bounded returns the codes of an operation that may exceed the number of resources.
func (k kind) bounded(codes []taskapi.ErrorCode) []taskapi.ErrorCode {
	if k.tooMany == "" {
		return codes
	}
	return append([]taskapi.ErrorCode{k.tooMany}, codes...)
}

// registerResource adds the operations that every kind of resource has.
func registerResource[C, R, U, M, T any](s Server, k kind, h ResourceHandlers[C, R, U, M, T]) {
	noun := strings.ToLower(k.title)
	operation := func(verb, method, path, description string) huma.Operation {
		return huma.Operation{
			OperationID: strings.ToLower(verb) + k.title, Method: method, Path: path, Tags: []string{k.tag},
			Summary: verb + " a " + noun, Description: strings.ReplaceAll(description, "{}", noun),
		}
	}
	one := k.path + "/{id}"
	writeCodes := slices.Concat([]taskapi.ErrorCode{k.notFound, taskapi.CodeVersionConflict}, anyWriteCodes)

	create := operation("Create", http.MethodPost, k.path, "Creates a {} and returns it.")
	create.DefaultStatus = http.StatusCreated
	register(s, h.Create, k.bounded(anyWriteCodes), create)

	get := operation("Get", http.MethodGet, one, "Returns one {}, also from the trash. Another user's {} does not exist here.")
	get.Responses = map[string]*huma.Response{"304": {Description: "The " + noun + " has a version that If-None-Match names."}}
	register(s, h.Get, []taskapi.ErrorCode{k.notFound, taskapi.CodeVersionConflict}, get)

	register(s, h.Replace, writeCodes, operation("Replace", http.MethodPut, one,
		"Sets every field of the {}. A field that is left out takes its default. A request that changes nothing keeps the version."+k.onUpdate))

	update := operation("Update", http.MethodPatch, one,
		"Sets the fields that are present (RFC 7396). A field that is left out keeps its value; null clears a nullable field. A request that changes nothing keeps the version."+k.onUpdate)
	update.RequestBody = patchBody[U](s.API)
	register(s, h.Update, writeCodes, update)

	register(s, h.Delete, writeCodes, operation("Delete", http.MethodDelete, one,
		"Moves the {} to the trash, where it can be read, restored and erased for 30 days. With permanent=true it is erased at once, from the trash or outside it. Returns the {}; an erased one as it was before."+k.onDelete))

	register(s, h.Restore, k.bounded(writeCodes), operation("Restore", http.MethodPost, one+"/restore",
		"Takes the {} out of the trash. A {} outside the trash is not found."+k.onRestore))

	register(s, h.Move, writeCodes, operation("Move", http.MethodPost, one+"/move",
		"Moves the {} in the manual order: after or before another {}, or to the beginning or end. The request has one of after and before. A {} that is already there keeps its version."+k.onMove))
}
