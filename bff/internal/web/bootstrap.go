package web

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/taskop"
)

var startTag = &huma.Tag{Name: "Start", Description: "What a page draws first, in one answer."}

// partTimeout bounds a part of bootstrap: a page would rather begin without it.
const partTimeout = 4 * time.Second

// Bootstrap is what a page needs at its start.
type Bootstrap struct {
	User       User               `json:"user"`
	Stats      *taskapi.Stats     `json:"stats" doc:"As taskStats has it; null if that failed."`
	Tasks      []Task             `json:"tasks" nullable:"true" doc:"The first page of listTasks without filters; null if that failed."`
	NextCursor *string            `json:"nextCursor" doc:"The cursor of the next page; null on the last one, or without tasks." example:"eyJ2IjoxfQ"`
	Changes    *int64             `json:"changes" minimum:"0" doc:"The user's change number as of the tasks: what to watch from. Null without tasks." example:"184"`
	Failures   []BootstrapFailure `json:"failures" doc:"The parts that are missing, and why. Empty when all went well."`
}

// BootstrapPart names a part of the answer of bootstrap.
type BootstrapPart string

// The parts of bootstrap.
const (
	statsPart BootstrapPart = "stats"
	tasksPart BootstrapPart = "tasks"
)

// BootstrapFailure says why a part is missing.
type BootstrapFailure struct {
	Part  BootstrapPart     `json:"part" enum:"stats,tasks" example:"stats"`
	Code  taskapi.ErrorCode `json:"code" doc:"The reason, as a problem would have it." example:"unavailable"`
	Error string            `json:"error" doc:"What went wrong, in a sentence for people." example:"The tasks cannot be reached right now. Please try again."`
}

// BootstrapResponse is the answer of bootstrap.
type BootstrapResponse struct {
	Success bool      `json:"success" enum:"true" doc:"Always true in an answer of status 2xx."`
	Data    Bootstrap `json:"data"`
}

type bootstrapOutput struct {
	Body BootstrapResponse
}

func (s *server) registerBootstrap(api *httpapi.API) {
	schemas := api.OpenAPI().Components.Schemas
	data := schemas.SchemaFromRef(schemas.Schema(reflect.TypeFor[Bootstrap](), true, "").Ref)
	taskop.OrNull(data, "stats")
	data.Properties["failures"].Examples = []any{[]any{}} // as the rest of the example has it
	failure := schemas.SchemaFromRef(schemas.Schema(reflect.TypeFor[BootstrapFailure](), true, "").Ref)
	failure.Properties["code"].Enum = httpapi.ErrorCodes()
	httpapi.Register(api, secured(huma.Operation{
		OperationID: "bootstrap", Method: http.MethodGet, Path: "/api/bootstrap",
		Summary: "Start a page",
		Description: "Returns the user, the counts and the first page of the tasks. The parts are fetched side by side. " +
			"One that fails or takes longer than 4 seconds is null, with the reason in failures; if all fail, the answer is the reason.",
		Tags: []string{startTag.Name},
	}), readCodes, func(ctx context.Context, in *taskop.StatsInput) (*bootstrapOutput, error) {
		return s.bootstrap(ctx, api, in)
	})
}

func (s *server) bootstrap(ctx context.Context, api *httpapi.API, in *taskop.StatsInput) (*bootstrapOutput, error) {
	user := callerFrom(ctx).current().User
	ctx, cancel := context.WithTimeout(ctx, partTimeout)
	defer cancel()
	var (
		stats              taskapi.Stats
		page               sdk.TaskPage
		statsErr, tasksErr error
		both               sync.WaitGroup
	)
	both.Go(func() {
		stats, _, statsErr = asUser(ctx, s, func(opts ...sdk.CallOption) (taskapi.Stats, error) {
			return s.tasks.Stats(ctx, in.TimeZone, opts...)
		})
	})
	both.Go(func() {
		page, _, tasksErr = asUser(ctx, s, func(opts ...sdk.CallOption) (sdk.TaskPage, error) {
			return s.tasks.ListTasks(ctx, taskapi.ListTasksOptions{}, opts...)
		})
	})
	both.Wait()

	data := Bootstrap{User: userView(user), Failures: []BootstrapFailure{}}
	if tasksErr == nil {
		data.Tasks, data.NextCursor, data.Changes = views(page.Tasks, time.Now()), page.Meta.NextCursor, &page.Meta.Changes
	}
	if statsErr == nil {
		data.Stats = &stats
	}
	for _, failed := range []struct {
		part BootstrapPart
		err  error
	}{{tasksPart, tasksErr}, {statsPart, statsErr}} {
		if failed.err == nil {
			continue
		}
		problem := api.Problem(ctx, failed.err)
		// The session's end and a request that makes no sense concern the
		// whole, whatever else was found.
		if len(data.Failures) == 1 || problem.Code == taskapi.CodeInvalid || errors.Is(failed.err, session.ErrExpired) {
			return nil, failed.err
		}
		data.Failures = append(data.Failures, BootstrapFailure{Part: failed.part, Code: problem.Code, Error: problem.Problem.Error})
	}
	return &bootstrapOutput{Body: BootstrapResponse{Success: true, Data: data}}, nil
}
