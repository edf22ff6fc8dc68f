package operations

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// Resources implements the operations that every kind has. Options and data are the
// kind's types in taskapi, by value.
type Resources interface {
	List(ctx context.Context, kind taskapi.Kind, options any) (Page, error)
	Get(ctx context.Context, kind taskapi.Kind, in GetInput) (Resource, error)
	// Write carries out one operation of a batch. That of a creation has no id and no
	// precondition.
	Write(ctx context.Context, kind taskapi.Kind, op taskapi.BatchOp, in WriteInput, data any) (Resource, error)
}

// Page is a page of a list.
type Page struct {
	// Data is a slice of the kind's resources.
	Data any
	Meta taskapi.ListMeta
}

// Resource is a resource of any kind in a response.
type Resource struct {
	ID      string
	Version int64
	Data    any
	// NotModified says that the caller has this version.
	NotModified bool
	// Replayed is the value of Idempotency-Replayed.
	Replayed string
}

// query is the query of a list, which returns its options.
type query[I any] interface {
	*I
	options() any
}

// many completes a kind of which users have many resources. I is the query of its list,
// C, R, U and M are the requests to create, replace, update and move a resource, T is the
// resource.
func many[I, T, C, R, U, M any, Q query[I]](_ taskapi.Operations[C, R, U, M], k Kind) Kind {
	k.Resource, k.Create, k.Replace = reflect.TypeFor[T](), reflect.TypeFor[C](), reflect.TypeFor[R]()
	k.Update, k.Move = reflect.TypeFor[U](), reflect.TypeFor[M]()
	k.register = registerMany[I, T, C, R, U, M, Q]
	return k
}

// bounded returns the codes of an operation that may exceed the maximum of the kind.
func (k Kind) bounded(codes []taskapi.ErrorCode) []taskapi.ErrorCode {
	if k.Maximum == 0 {
		return codes
	}
	return append([]taskapi.ErrorCode{k.TooMany()}, codes...)
}

// registerMany adds the operations of a kind of which users have many resources.
func registerMany[I, T, C, R, U, M any, Q query[I]](s Server, k Kind, h Resources) {
	noun := strings.ToLower(k.Title)
	operation := func(verb, method, path, description string) huma.Operation {
		return huma.Operation{
			OperationID: strings.ToLower(verb) + k.Title, Method: method, Path: path, Tags: []string{k.tag},
			Summary: verb + " a " + noun, Description: strings.ReplaceAll(description, "{}", noun),
		}
	}
	path := k.Path + "/{id}"
	codes := slices.Concat([]taskapi.ErrorCode{k.NotFound(), taskapi.CodeVersionConflict}, anyWriteCodes)

	list := operation("List", http.MethodGet, k.Path, "Returns the {}s that pass all filters"+k.onList+pageNote)
	list.OperationID, list.Summary, list.Metadata = "list"+k.Title+"s", "List "+noun+"s", httpapi.MemoryMetadata(PageMemory)
	register(s, handler(h, func(ctx context.Context, in *I) (*PageOutput[T], error) {
		page, err := h.List(ctx, k.Name, Q(in).options())
		if err != nil {
			return nil, err
		}
		return &PageOutput[T]{Body: taskapi.PageResponse[T]{Success: true, Data: page.Data.([]T), Meta: page.Meta}}, nil
	}), []taskapi.ErrorCode{taskapi.CodeInvalidCursor}, list)

	create := operation("Create", http.MethodPost, k.Path, "Creates a {} and returns it.")
	create.DefaultStatus = http.StatusCreated
	register(s, handler(h, func(ctx context.Context, in *CreateInput[C]) (*CreateOutput[T], error) {
		r, err := h.Write(ctx, k.Name, taskapi.BatchCreate, WriteInput{KeyInput: in.KeyInput}, in.Body)
		if err != nil {
			return nil, err
		}
		return &CreateOutput[T]{Location: k.Path + "/" + r.ID, ETag: httpapi.ETag(r.Version), Replayed: r.Replayed, Body: body[T](r)}, nil
	}), k.bounded(anyWriteCodes), create)

	get := operation("Get", http.MethodGet, path, "Returns one {}, also from the trash. Another user's {} does not exist here.")
	get.Responses = map[string]*huma.Response{"304": {Description: "The " + noun + " has a version that If-None-Match names."}}
	register(s, handler(h, func(ctx context.Context, in *GetInput) (*GetOutput[T], error) {
		return getOutput[T](h.Get(ctx, k.Name, *in))
	}), codes[:2], get)

	register(s, edit[R, T](h, k.Name, taskapi.BatchReplace), codes, operation("Replace", http.MethodPut, path,
		"Sets every field of the {}. A field that is left out takes its default. A request that changes nothing keeps the version."+k.onUpdate))

	update := operation("Update", http.MethodPatch, path,
		"Sets the fields that are present (RFC 7396). A field that is left out keeps its value; null clears a nullable field. A request that changes nothing keeps the version."+k.onUpdate)
	update.RequestBody = patchBody[U](s.API)
	register(s, edit[U, T](h, k.Name, taskapi.BatchUpdate), codes, update)

	register(s, handler(h, func(ctx context.Context, in *DeleteInput) (*WriteOutput[T], error) {
		op := taskapi.BatchDelete
		if in.Permanent {
			op = taskapi.BatchErase
		}
		return writeOutput[T](h.Write(ctx, k.Name, op, in.WriteInput, nil))
	}), codes, operation("Delete", http.MethodDelete, path,
		"Moves the {} to the trash, where it can be read, restored and erased for 30 days. With permanent=true it is erased at once, from the trash or outside it. Returns the {}; an erased one as it was before."+k.onDelete))

	register(s, handler(h, func(ctx context.Context, in *WriteInput) (*WriteOutput[T], error) {
		return writeOutput[T](h.Write(ctx, k.Name, taskapi.BatchRestore, *in, nil))
	}), k.bounded(codes), operation("Restore", http.MethodPost, path+"/restore",
		"Takes the {} out of the trash. A {} outside the trash is not found."+k.onRestore))

	register(s, edit[M, T](h, k.Name, taskapi.BatchMove), codes, operation("Move", http.MethodPost, path+"/move",
		"Moves the {} in the manual order: after or before another {}, or to the beginning or end. The request has one of after and before. A {} that is already there keeps its version."+k.onMove))
}

// handler returns f, or nil without resources: then requests are forwarded.
func handler[I, O any](h Resources, f func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	if h == nil {
		return nil
	}
	return f
}

// edit returns the handler of a write with the body B.
func edit[B, T any](h Resources, kind taskapi.Kind, op taskapi.BatchOp) func(context.Context, *EditInput[B]) (*WriteOutput[T], error) {
	return handler(h, func(ctx context.Context, in *EditInput[B]) (*WriteOutput[T], error) {
		return writeOutput[T](h.Write(ctx, kind, op, in.WriteInput, in.Body))
	})
}

func body[T any](r Resource) taskapi.Response[T] {
	return taskapi.Response[T]{Success: true, Data: r.Data.(T)}
}

func writeOutput[T any](r Resource, err error) (*WriteOutput[T], error) {
	if err != nil {
		return nil, err
	}
	return &WriteOutput[T]{ETag: httpapi.ETag(r.Version), Replayed: r.Replayed, Body: body[T](r)}, nil
}

func getOutput[T any](r Resource, err error) (*GetOutput[T], error) {
	switch {
	case err != nil:
		return nil, err
	case r.NotModified:
		return &GetOutput[T]{Status: http.StatusNotModified, ETag: httpapi.ETag(r.Version)}, nil
	}
	return &GetOutput[T]{Status: http.StatusOK, ETag: httpapi.ETag(r.Version), Body: new(body[T](r))}, nil
}
