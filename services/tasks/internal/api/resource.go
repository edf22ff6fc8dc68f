package api

import (
	"context"
	"net/http"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// resourceHandlers returns the handlers of the operations that all kinds of resources
// have. T is the resource, and path the path of the kind's resources.
func resourceHandlers[C, R, U, M, T any](h *handlers, kind taskapi.Kind, path string) operations.ResourceHandlers[C, R, U, M, T] {
	rules := cleaners[kind]
	body := func(r store.Resource) taskapi.Response[T] {
		return taskapi.Response[T]{Success: true, Data: r.Data.(T)}
	}
	write := func(ctx context.Context, op taskapi.BatchOp, in operations.WriteInput, data any) (*operations.WriteOutput[T], error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		match, noneMatch, err := conditions(in.IfMatch, in.IfNoneMatch)
		if err != nil {
			return nil, err
		}
		operation := store.Operation{Op: op, Kind: kind, ID: id, Versions: match.Versions(), OtherThan: noneMatch.Versions(), Data: data}
		if noneMatch.Any {
			operation.Versions = []int64{} // no version matches
		}
		resource, replayed, err := h.write(ctx, operation, idempotencyKey(in.KeyInput, operation))
		if err != nil {
			return nil, err
		}
		return &operations.WriteOutput[T]{ETag: httpapi.ETag(resource.Version), Replayed: replayed, Body: body(resource)}, nil
	}
	return operations.ResourceHandlers[C, R, U, M, T]{
		Create: func(ctx context.Context, in *operations.CreateInput[C]) (*operations.CreateOutput[T], error) {
			data, err := clean(rules, in.Body)
			if err != nil {
				return nil, err
			}
			operation := store.Operation{Op: taskapi.BatchCreate, Kind: kind, Data: data}
			resource, replayed, err := h.write(ctx, operation, idempotencyKey(in.KeyInput, operation))
			if err != nil {
				return nil, err
			}
			return &operations.CreateOutput[T]{
				Location: path + "/" + resource.ID.String(), ETag: httpapi.ETag(resource.Version),
				Replayed: replayed, Body: body(resource),
			}, nil
		},
		Get: func(ctx context.Context, in *operations.GetInput) (*operations.GetOutput[T], error) {
			id, err := parseID(in.ID)
			if err != nil {
				return nil, err
			}
			match, noneMatch, err := conditions(in.IfMatch, in.IfNoneMatch)
			if err != nil {
				return nil, err
			}
			resource, err := h.store.Get(ctx, userFrom(ctx), kind, id)
			if err != nil {
				return nil, err
			}
			if match.Present && !match.Match(resource.Version) {
				return nil, &store.ConflictError{Current: resource}
			}
			out := &operations.GetOutput[T]{Status: http.StatusOK, ETag: httpapi.ETag(resource.Version)}
			if noneMatch.Match(resource.Version) {
				out.Status = http.StatusNotModified
			} else {
				out.Body = new(body(resource))
			}
			return out, nil
		},
		Replace: edit[R](rules, taskapi.BatchReplace, write),
		Update:  edit[U](rules, taskapi.BatchUpdate, write),
		Move:    edit[M](rules, taskapi.BatchMove, write),
		Delete: func(ctx context.Context, in *operations.DeleteInput) (*operations.WriteOutput[T], error) {
			if in.Permanent {
				return write(ctx, taskapi.BatchErase, in.WriteInput, nil)
			}
			return write(ctx, taskapi.BatchDelete, in.WriteInput, nil)
		},
		Restore: func(ctx context.Context, in *operations.WriteInput) (*operations.WriteOutput[T], error) {
			return write(ctx, taskapi.BatchRestore, *in, nil)
		},
	}
}

// edit returns the handler of a write with a body.
func edit[Body, T any](
	rules cleaner, op taskapi.BatchOp, write func(context.Context, taskapi.BatchOp, operations.WriteInput, any) (*operations.WriteOutput[T], error),
) func(context.Context, *operations.EditInput[Body]) (*operations.WriteOutput[T], error) {
	return func(ctx context.Context, in *operations.EditInput[Body]) (*operations.WriteOutput[T], error) {
		data, err := clean(rules, in.Body)
		if err != nil {
			return nil, err
		}
		return write(ctx, op, in.WriteInput, data)
	}
}
