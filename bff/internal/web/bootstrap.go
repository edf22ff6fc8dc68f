package web

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/budget"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// bootstrapMemory is the number of bytes that a bootstrap reserves: for a page of tasks and
// the lists, encoded and decoded, and the response.
const bootstrapMemory = 6 << 20

var startTag = &huma.Tag{Name: "Start", Description: "The data that a page needs first, in one response."}

// Bootstrap is the data that a page needs at its start.
type Bootstrap struct {
	User       session.User       `json:"user"`
	Stats      *taskapi.Stats     `json:"stats" doc:"The counts of getTaskStats; null if they are missing."`
	Tasks      []taskapi.Task     `json:"tasks" nullable:"true" doc:"The first page of listTasks without filters; null if they are missing."`
	Lists      []taskapi.List     `json:"lists" nullable:"true" doc:"All lists outside the trash, in their manual order; null if they are missing."`
	Settings   *taskapi.Settings  `json:"settings" doc:"The user's settings, at least as new as changes; null if they are missing."`
	NextCursor *string            `json:"nextCursor" doc:"The cursor of the next page of tasks; null if there is none, or if the tasks are missing." example:"eyJ2IjoxfQ"`
	Changes    *int64             `json:"changes" minimum:"0" doc:"The change number from which to watch the tasks and lists. Null if the tasks are missing." example:"184"`
	Failures   []BootstrapFailure `json:"failures" doc:"The missing parts, with the reasons. Empty if there are none."`
}

// BootstrapPart is a part of Bootstrap.
type BootstrapPart string

// The parts of bootstrap.
const (
	statsPart    BootstrapPart = "stats"
	tasksPart    BootstrapPart = "tasks"
	listsPart    BootstrapPart = "lists"
	settingsPart BootstrapPart = "settings"
)

// Schema implements [huma.SchemaProvider]: later versions may have more parts.
func (BootstrapPart) Schema(huma.Registry) *huma.Schema {
	return httpapi.OpenSet([]BootstrapPart{statsPart, tasksPart, listsPart, settingsPart})
}

// BootstrapFailure is the reason why a part is missing.
type BootstrapFailure struct {
	Part  BootstrapPart     `json:"part" doc:"The missing part." example:"stats"`
	Code  taskapi.ErrorCode `json:"code" doc:"The error code." example:"unavailable"`
	Error string            `json:"error" doc:"The reason, in a sentence for people." example:"The tasks cannot be reached right now. Please try again."`
}

func (s *server) registerBootstrap(api *httpapi.API) {
	schemas := api.OpenAPI().Components.Schemas
	data := schemas.SchemaFromRef(schemas.Schema(reflect.TypeFor[Bootstrap](), true, "").Ref)
	orNull(data, "stats")
	orNull(data, "settings")
	data.Properties["failures"].Examples = []any{[]any{}} // as in the rest of the example
	httpapi.Register(api, huma.Operation{
		OperationID: "getBootstrap", Method: http.MethodGet, Path: "/api/bootstrap",
		Summary: "Get the data for a page's start",
		Description: "Returns the user, the counts, the lists, the settings and the first page of the tasks, which are read concurrently. " +
			"A part that fails or takes longer than 6.5 seconds is null, with the reason in failures. If all parts fail, the response is an error.",
		Tags:     []string{startTag.Name},
		Security: security,
		Metadata: httpapi.MemoryMetadata(bootstrapMemory),
	}, readCodes, func(ctx context.Context, in *operations.GetTaskStatsInput) (*operations.Output[Bootstrap], error) {
		return s.bootstrap(ctx, api, in)
	})
}

func (s *server) bootstrap(ctx context.Context, api *httpapi.API, in *operations.GetTaskStatsInput) (*operations.Output[Bootstrap], error) {
	user := callerFrom(ctx).session.User
	ctx, cancel := context.WithTimeout(ctx, budget.Part)
	defer cancel()
	var (
		stats                                     taskapi.Stats
		page                                      sdk.TaskPage
		lists                                     sdk.ListPage
		settings                                  taskapi.Settings
		statsErr, tasksErr, listsErr, settingsErr error
		all                                       sync.WaitGroup
	)
	all.Go(func() { stats, statsErr = s.tasks.TaskStats(ctx, in.TimeZone, s.asUser(ctx)...) })
	all.Go(func() {
		page, tasksErr = s.tasks.ListTasks(ctx, taskapi.ListTasksOptions{}, s.asUser(ctx)...)
		// After the tasks, so that the settings are no older than the change number.
		if settingsErr = tasksErr; tasksErr == nil {
			settings, settingsErr = s.tasks.Settings(ctx, s.asUser(ctx)...)
		}
	})
	all.Go(func() { lists, listsErr = s.allLists(ctx) })
	all.Wait()

	data := Bootstrap{User: user, Failures: []BootstrapFailure{}}
	if tasksErr == nil {
		data.Tasks, data.NextCursor, data.Changes = page.Tasks, page.Meta.NextCursor, &page.Meta.Changes
	}
	if statsErr == nil {
		data.Stats = &stats
	}
	if listsErr == nil {
		data.Lists = lists.Lists
		if data.Changes != nil {
			*data.Changes = min(*data.Changes, lists.Meta.Changes)
		}
	}
	if settingsErr == nil {
		data.Settings = &settings
	}
	parts := []struct {
		part BootstrapPart
		err  error
	}{{tasksPart, tasksErr}, {statsPart, statsErr}, {listsPart, listsErr}, {settingsPart, settingsErr}}
	for _, failed := range parts {
		if failed.err == nil {
			continue
		}
		failure := callError(failed.err)
		problem := api.Problem(ctx, failure)
		// An expired session or an invalid request is an error of the whole response,
		// even if other parts succeeded.
		if len(data.Failures) == len(parts)-1 || problem.Code == taskapi.CodeInvalid || errors.Is(failed.err, session.ErrExpired) {
			return nil, failure
		}
		data.Failures = append(data.Failures, BootstrapFailure{Part: failed.part, Code: problem.Code, Error: problem.Problem.Error})
	}
	return &operations.Output[Bootstrap]{Body: taskapi.Response[Bootstrap]{Success: true, Data: data}}, nil
}

// allLists returns the lists outside the trash, with the change number of the first page.
func (s *server) allLists(ctx context.Context) (all sdk.ListPage, err error) {
	options := taskapi.ListListsOptions{Limit: taskapi.MaxListLimit}
	for {
		page, err := s.tasks.ListLists(ctx, options, s.asUser(ctx)...)
		if err != nil {
			return sdk.ListPage{}, err
		}
		if all.Lists == nil {
			all = page
		} else {
			all.Lists = append(all.Lists, page.Lists...)
		}
		if page.Meta.NextCursor == nil {
			return all, nil
		}
		options.Cursor = *page.Meta.NextCursor
	}
}

// orNull documents that a member of an object, itself an object, is nullable. Huma has no
// tag for it.
func orNull(object *huma.Schema, member string) {
	schema := object.Properties[member]
	object.Properties[member] = &huma.Schema{
		Description: schema.Description,
		AnyOf:       []*huma.Schema{{Ref: schema.Ref}, {Type: "null"}},
	}
}
