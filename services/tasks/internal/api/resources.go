package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/operations"
	"github.com/tasklane/tasklane/services/wirejson"
)

func (h *handlers) batch(ctx context.Context, in *operations.BatchInput) (*operations.BatchOutput, error) {
	ops, err := cleanBatch(in.Operations)
	if err != nil {
		return nil, err
	}
	out, err := h.store.Batch(ctx, userFrom(ctx), ops, idempotencyKey(in.KeyInput, "batch", ops))
	if failed, ok := errors.AsType[*store.BatchError](err); ok {
		return nil, withField(err, dataPath(failed.Index, ops[failed.Index].Op))
	}
	if err != nil {
		return nil, err
	}
	h.hub.Changed(userFrom(ctx))
	data := make([]taskapi.Resource, len(out.Resources))
	for i, resource := range out.Resources {
		data[i] = wireResource(resource)
	}
	return &operations.BatchOutput{Replayed: replayedHeader(out), Body: taskapi.ResourceListResponse{Success: true, Data: data}}, nil
}

func (h *handlers) listChanges(ctx context.Context, in *operations.ListChangesInput) (*operations.ListChangesOutput, error) {
	from, err := in.Begin()
	if err != nil {
		return nil, err
	}
	page, err := h.store.Changes(ctx, userFrom(ctx), from, in.Limit)
	if err != nil {
		return nil, err
	}
	return &operations.ListChangesOutput{Body: taskapi.ChangeListResponse{
		Success: true,
		Data:    page.Changes,
		Meta:    taskapi.ChangesMeta{NextCursor: page.Next.String(), HasMore: page.More},
	}}, nil
}

// dataPath returns the path of a batch operation's data, with a trailing dot.
func dataPath(index int, op taskapi.BatchOp) string {
	name := "data"
	switch op {
	case taskapi.BatchUpdate:
		name = "changes"
	case taskapi.BatchMove:
		name = "to"
	}
	return fmt.Sprintf("operations[%d].%s.", index, name)
}

// withField turns an error about a field into a problem that names the field by its path
// in the request. path is that of the data that has the field.
func withField(err error, path string) error {
	if invalid, ok := errors.AsType[*store.FieldError](err); ok {
		field := taskapi.FieldError(*invalid)
		field.Field = path + field.Field
		return httpapi.Invalid(field)
	}
	return err
}

// wireResource returns a resource in the form of responses.
func wireResource(r store.Resource) taskapi.Resource {
	return taskapi.Resource{Kind: r.Kind, Data: mustMarshal(r.Data)}
}

// mustMarshal encodes a wire struct, which cannot fail.
func mustMarshal(v any) []byte {
	data, err := wirejson.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

// idempotencyKey returns the key of a request, or nil. Two requests with the same key must
// have equal parts.
func idempotencyKey(in operations.KeyInput, parts ...any) *store.IdempotencyKey {
	if in.IdempotencyKey == "" {
		return nil
	}
	return &store.IdempotencyKey{Key: in.IdempotencyKey, Request: sha256.Sum256(mustMarshal(parts))}
}

// replayedHeader returns the value of Idempotency-Replayed; empty for no header.
func replayedHeader(out store.Outcome) string {
	switch {
	case out.Erased:
		return "erased"
	case out.Replayed:
		return "true"
	}
	return ""
}

// parseID reads an id in the documented form of a UUID. Huma also accepts others, such as
// one without dashes.
func parseID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil || len(text) != len(id.String()) {
		return uuid.Nil, httpapi.Invalid(taskapi.FieldError{Field: "id", Code: taskapi.FieldFormat, Message: "must be a UUID"})
	}
	return id, nil
}
