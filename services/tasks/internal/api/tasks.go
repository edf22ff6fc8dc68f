package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/taskop"
	"github.com/tasklane/tasklane/services/tasks/internal/feed"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
)

type handlers struct {
	tasks   Tasks
	log     *slog.Logger
	hub     *feed.Hub
	streams *httpapi.UserGate
	// sent counts the changes sent to streams.
	sent *atomic.Int64

	heartbeat time.Duration
}

// taskOutput is the answer of an operation on one task.
type taskOutput struct {
	Status int
	ETag   string `header:"ETag" doc:"The task's version, in quotes." example:"\"1\""`
	Body   *taskapi.TaskResponse
}

// writeOutput is the answer of a write of one task.
type writeOutput struct {
	ETag     string `header:"ETag" doc:"The task's version, in quotes." example:"\"1\""`
	Replayed string `header:"Idempotency-Replayed" doc:"true where an earlier request with the same Idempotency-Key did the work." example:"true"`
	Body     taskapi.TaskResponse
}

type createdOutput struct {
	Location string `header:"Location" doc:"The new task's path." example:"/api/tasks/019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	ETag     string `header:"ETag" doc:"The task's version, in quotes." example:"\"1\""`
	Replayed string `header:"Idempotency-Replayed" doc:"true where an earlier request with the same Idempotency-Key did the work." example:"true"`
	Body     taskapi.TaskResponse
}

type batchOutput struct {
	Replayed string `header:"Idempotency-Replayed" doc:"true where an earlier request with the same Idempotency-Key did the work." example:"true"`
	Body     taskapi.BatchResponse
}

type listOutput struct {
	Body taskapi.TaskListResponse
}

type statsOutput struct {
	Body taskapi.StatsResponse
}

type changesOutput struct {
	Body taskapi.ChangeListResponse
}

func (h handlers) list(ctx context.Context, in *taskop.ListInput) (*listOutput, error) {
	options, err := cleanList(in.Options())
	if err != nil {
		return nil, err
	}
	page, err := h.tasks.ListTasks(ctx, userFrom(ctx), options)
	if err != nil {
		return nil, err
	}
	out := &listOutput{Body: taskapi.TaskListResponse{
		Success: true,
		Data:    page.Tasks,
		Meta:    taskapi.ListMeta{Changes: page.Changes},
	}}
	if page.NextCursor != "" {
		out.Body.Meta.NextCursor = &page.NextCursor
	}
	return out, nil
}

func (h handlers) get(ctx context.Context, in *taskop.GetInput) (*taskOutput, error) {
	have, err := httpapi.ParsePreconditions("If-None-Match", in.IfNoneMatch)
	if err != nil {
		return nil, err
	}
	task, err := h.tasks.GetTask(ctx, userFrom(ctx), taskID(in.TaskInput))
	if err != nil {
		return nil, err
	}
	out := &taskOutput{Status: http.StatusOK, ETag: httpapi.ETag(task.Version)}
	if have.Match(task.Version) {
		out.Status = http.StatusNotModified
	} else {
		out.Body = &taskapi.TaskResponse{Success: true, Data: task}
	}
	return out, nil
}

func (h handlers) create(ctx context.Context, in *taskop.CreateInput) (*createdOutput, error) {
	req, err := cleanCreate(in.Body)
	if err != nil {
		return nil, err
	}
	on := store.Conditions{Key: key(in.OnceInput, "create", req)}
	out, err := h.written(ctx)(h.tasks.CreateTask(ctx, userFrom(ctx), req, on))
	if err != nil {
		return nil, err
	}
	return &createdOutput{
		Location: "/api/tasks/" + out.Body.Data.ID, ETag: out.ETag, Replayed: out.Replayed, Body: out.Body,
	}, nil
}

func (h handlers) replace(ctx context.Context, in *taskop.ReplaceInput) (*writeOutput, error) {
	req, err := cleanContent(in.Body)
	if err != nil {
		return nil, err
	}
	on, err := conditions(in.MatchInput, in.OnceInput, "replace", in.TaskID, req)
	if err != nil {
		return nil, err
	}
	return h.written(ctx)(h.tasks.ReplaceTask(ctx, userFrom(ctx), taskID(in.TaskInput), req, on))
}

func (h handlers) update(ctx context.Context, in *taskop.UpdateInput) (*writeOutput, error) {
	req, err := cleanPatch(in.Body)
	if err != nil {
		return nil, err
	}
	on, err := conditions(in.MatchInput, in.OnceInput, "update", in.TaskID, req)
	if err != nil {
		return nil, err
	}
	return h.written(ctx)(h.tasks.UpdateTask(ctx, userFrom(ctx), taskID(in.TaskInput), req, on))
}

func (h handlers) delete(ctx context.Context, in *taskop.DeleteInput) (*writeOutput, error) {
	name, remove := "delete", h.tasks.DeleteTask
	if in.Permanent {
		name, remove = "erase", h.tasks.EraseTask
	}
	on, err := conditions(in.MatchInput, in.OnceInput, name, in.TaskID)
	if err != nil {
		return nil, err
	}
	return h.written(ctx)(remove(ctx, userFrom(ctx), taskID(in.TaskInput), on))
}

func (h handlers) restore(ctx context.Context, in *taskop.RestoreInput) (*writeOutput, error) {
	on, err := conditions(in.MatchInput, in.OnceInput, "restore", in.TaskID)
	if err != nil {
		return nil, err
	}
	return h.written(ctx)(h.tasks.RestoreTask(ctx, userFrom(ctx), taskID(in.TaskInput), on))
}

func (h handlers) batch(ctx context.Context, in *taskop.BatchInput) (*batchOutput, error) {
	operations, err := cleanBatch(in.Body.Operations)
	if err != nil {
		return nil, err
	}
	out, err := h.tasks.Batch(ctx, userFrom(ctx), operations, key(in.OnceInput, "batch", operations))
	if err != nil {
		return nil, err
	}
	h.hub.Changed(userFrom(ctx))
	return &batchOutput{Replayed: replayed(out), Body: taskapi.BatchResponse{Success: true, Data: out.Tasks}}, nil
}

func (h handlers) stats(ctx context.Context, in *taskop.StatsInput) (*statsOutput, error) {
	if _, err := taskop.Zone(in.TimeZone); err != nil {
		return nil, err
	}
	stats, err := h.tasks.Stats(ctx, userFrom(ctx), in.TimeZone)
	if errors.Is(err, store.ErrInvalidTimeZone) {
		return nil, taskop.UnknownZone() // ours is a newer list than PostgreSQL's
	}
	if err != nil {
		return nil, err
	}
	return &statsOutput{Body: taskapi.StatsResponse{Success: true, Data: stats}}, nil
}

func (h handlers) changes(ctx context.Context, in *taskop.ChangesInput) (*changesOutput, error) {
	page, err := h.tasks.Changes(ctx, userFrom(ctx), in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	return &changesOutput{Body: taskapi.ChangeListResponse{
		Success: true,
		Data:    page.Changes,
		Meta:    taskapi.ChangesMeta{NextCursor: page.NextCursor, HasMore: page.More},
	}}, nil
}

// written returns what makes the answer of a write of one task, and tells those
// who watch.
func (h handlers) written(ctx context.Context) func(store.Outcome, error) (*writeOutput, error) {
	return func(out store.Outcome, err error) (*writeOutput, error) {
		if err != nil {
			return nil, err
		}
		h.hub.Changed(userFrom(ctx))
		task := out.Tasks[0]
		return &writeOutput{
			ETag:     httpapi.ETag(task.Version),
			Replayed: replayed(out),
			Body:     taskapi.TaskResponse{Success: true, Data: task},
		}, nil
	}
}

// replayed is the value of the header, which is absent where it is empty.
func replayed(out store.Outcome) string {
	if out.Replayed {
		return "true"
	}
	return ""
}

// conditions reads what a write of one task depends on. What is asked for is
// told apart by asked.
func conditions(match taskop.MatchInput, once taskop.OnceInput, asked ...any) (store.Conditions, error) {
	versions, err := httpapi.ParsePreconditions("If-Match", match.IfMatch)
	if err != nil {
		return store.Conditions{}, err
	}
	return store.Conditions{
		Versions: versions.Versions(),
		Key:      key(once, append(asked, versions.Versions())...),
	}, nil
}

// key returns the request's idempotency key, or nil.
func key(once taskop.OnceInput, asked ...any) *store.IdempotencyKey {
	if once.IdempotencyKey == "" {
		return nil
	}
	data, err := json.Marshal(asked)
	if err != nil {
		panic(err) // it came as JSON
	}
	return &store.IdempotencyKey{Key: once.IdempotencyKey, Request: sha256.Sum256(data)}
}

// taskID returns the path's id, which Huma has checked to be a UUID. One that
// it accepts and we cannot read names no task.
func taskID(in taskop.TaskInput) uuid.UUID {
	id, err := uuid.Parse(in.TaskID)
	if err != nil {
		return uuid.Nil
	}
	return id
}
