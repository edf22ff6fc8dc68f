package api

import (
	"context"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// List implements [operations.Resources].
func (h *handlers) List(ctx context.Context, kind taskapi.Kind, options any) (operations.Page, error) {
	if query, ok := options.(taskapi.ListTasksOptions); ok {
		var err error
		if options, err = cleanTaskQuery(query); err != nil {
			return operations.Page{}, err
		}
	}
	page, err := h.store.List(ctx, userFrom(ctx), kind, options)
	if err != nil {
		return operations.Page{}, err
	}
	meta := taskapi.ListMeta{Changes: page.Changes}
	if page.NextCursor != "" {
		meta.NextCursor = &page.NextCursor
	}
	return operations.Page{Data: page.Data, Meta: meta}, nil
}

// Get implements [operations.Resources].
func (h *handlers) Get(ctx context.Context, kind taskapi.Kind, in operations.GetInput) (operations.Resource, error) {
	id, err := parseID(in.ID)
	if err != nil {
		return operations.Resource{}, err
	}
	match, noneMatch, err := conditions(in.IfMatch, in.IfNoneMatch)
	if err != nil {
		return operations.Resource{}, err
	}
	resource, err := h.store.Get(ctx, userFrom(ctx), kind, id)
	if err != nil {
		return operations.Resource{}, err
	}
	if match.Present && !match.Match(resource.Version) {
		return operations.Resource{}, &store.ConflictError{Current: resource}
	}
	return operations.Resource{Version: resource.Version, Data: resource.Data, NotModified: noneMatch.Match(resource.Version)}, nil
}

// Write implements [operations.Resources]. It wakes the user's streams.
func (h *handlers) Write(ctx context.Context, kind taskapi.Kind, op taskapi.BatchOp, in operations.WriteInput, data any) (operations.Resource, error) {
	var check checker
	operation := store.Operation{Op: op, Kind: kind, Data: check.clean(data)}
	err := check.err()
	if err == nil && op != taskapi.BatchCreate {
		operation.ID, err = parseID(in.ID)
	}
	if err != nil {
		return operations.Resource{}, err
	}
	match, noneMatch, err := conditions(in.IfMatch, in.IfNoneMatch)
	if err != nil {
		return operations.Resource{}, err
	}
	operation.Versions, operation.OtherThan = match.Versions(), noneMatch.Versions()
	if noneMatch.Any {
		operation.Versions = []int64{} // no version matches
	}
	out, err := h.store.Write(ctx, userFrom(ctx), operation, idempotencyKey(in.KeyInput, operation))
	if err != nil {
		return operations.Resource{}, withField(err, "")
	}
	h.hub.Changed(userFrom(ctx))
	resource := out.Resources[0]
	return operations.Resource{ID: resource.ID.String(), Version: resource.Version, Data: resource.Data, Replayed: replayedHeader(out)}, nil
}

// conditions reads If-Match and If-None-Match.
func conditions(ifMatch, ifNoneMatch string) (match, noneMatch httpapi.Preconditions, err error) {
	if match, err = httpapi.ParsePreconditions("If-Match", ifMatch); err == nil {
		noneMatch, err = httpapi.ParsePreconditions("If-None-Match", ifNoneMatch)
	}
	return match, noneMatch, err
}
