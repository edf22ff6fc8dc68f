// Package operations describes the HTTP operations of the task service: methods, paths,
// parameters, bodies and their documentation. The service and the bff register the
// same operations: the service with handlers, the bff with handlers that forward.
package operations

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// Server is a server that the operations are registered on.
type Server struct {
	API *httpapi.API
	// Security lists the credentials that an operation accepts.
	Security []map[string][]string
	// Codes are further error codes of every operation, WriteCodes those of every
	// write, WatchCodes those of watchChanges.
	Codes, WriteCodes, WatchCodes []taskapi.ErrorCode
	// WatchNote is appended to the description of watchChanges.
	WatchNote string
}

// Handlers implement the operations. Requests for a nil handler are forwarded by
// [httpapi.Config.Forward].
type Handlers struct {
	Resources           Resources
	GetTaskStats        func(context.Context, *GetTaskStatsInput) (*Output[taskapi.Stats], error)
	ListTaskOccurrences func(context.Context, *ListTaskOccurrencesInput) (*Output[[]taskapi.Occurrence], error)
	GetAgenda           func(context.Context, *GetAgendaInput) (*Output[taskapi.Agenda], error)
	ListChanges         func(context.Context, *ListChangesInput) (*ListChangesOutput, error)
	WatchChanges        func(context.Context, *WatchChangesInput) (*huma.StreamResponse, error)
	Batch               func(context.Context, *BatchInput) (*BatchOutput, error)
}

// Tags returns the groups of the operations in the document.
func Tags() (tags []*huma.Tag) {
	for _, k := range kinds {
		tags = append(tags, &huma.Tag{Name: k.tag, Description: k.about})
	}
	return append(tags, &huma.Tag{Name: resourcesTag, Description: "Every kind of resource: what changed, and several changes at once."})
}

const resourcesTag = "Resources"

// anyWriteCodes are the error codes of every write.
var anyWriteCodes = []taskapi.ErrorCode{taskapi.CodeQuotaExceeded, taskapi.CodeAccountDeleted, taskapi.CodeIdempotencyInProgress, taskapi.CodeIdempotencyKeyReused}

// mergePatch is the media type of a merge patch (RFC 7396).
const mergePatch = "application/merge-patch+json"

// maxBatchBytes is the size of the largest batch.
const maxBatchBytes = 2 << 20

// The number of bytes that operations reserve: for a page of about a mebibyte as it is read
// and as it is sent, and for twice the bodies, resources and response of a batch.
const (
	PageMemory  = 3 << 20
	batchMemory = 8 << 20
)

// pageNote documents the length of pages.
const pageNote = " A page ends at about 1 MiB, also below the limit."

// Register adds the operations to a server.
func Register(s Server, h Handlers) {
	describeResources(s.API)
	s.API.OpenAPI().Components.Schemas.SchemaFromRef(s.API.Schema(reflect.TypeFor[taskapi.Stats]()).Ref).
		Properties["byPriority"].Examples = []any{map[taskapi.Priority]int64{taskapi.None: 1, taskapi.Low: 0, taskapi.Medium: 1, taskapi.High: 1, taskapi.Urgent: 0}}

	for _, k := range kinds {
		k.register(s, k, h.Resources)
	}
	register(s, h.GetTaskStats, nil, huma.Operation{
		OperationID: "getTaskStats", Method: http.MethodGet, Path: tasks.Path + "/stats", Tags: []string{tasks.tag},
		Summary:     "Count tasks",
		Description: "Counts the tasks by state, priority and tag. Today is the current day in the time zone.",
	})
	register(s, h.ListTaskOccurrences, []taskapi.ErrorCode{taskapi.CodeTaskNotFound}, huma.Operation{
		OperationID: "listTaskOccurrences", Method: http.MethodGet, Path: tasks.Path + "/{id}/occurrences", Tags: []string{tasks.tag},
		Summary:     "List a task's next due dates",
		Description: "Returns the next due dates of a recurring task, assuming that it is completed on its due date, or now if it is overdue, and each later one on its own due date. They are at most 100 years ahead. The list is empty for a task that does not recur.",
	})
	register(s, h.GetAgenda, nil, huma.Operation{
		OperationID: "getAgenda", Method: http.MethodGet, Path: "/api/agenda", Tags: []string{tasks.tag},
		Summary: "Get the agenda",
		Description: "Returns the open tasks by when they are due: those that are overdue, those of the next days in the time zone, and the number of all others. " +
			"At most 1,000 overdue tasks are in it, and 1,000 of the days, and about 1 MiB of both; truncated says if there are more. " +
			"The days also have the occurrences to come of these tasks, in the time zone of the settings: at most 2,000; occurrencesTruncated says if there are more.",
		Metadata: httpapi.MemoryMetadata(PageMemory),
	})
	register(s, h.ListChanges, []taskapi.ErrorCode{taskapi.CodeCursorExpired}, huma.Operation{
		OperationID: "listChanges", Method: http.MethodGet, Path: "/api/changes", Tags: []string{resourcesTag},
		Summary:     "List changes",
		Description: "Returns the resources that changed after a number, in the order of their changes: a resource that changed several times appears once, at its latest number. Ignore kinds you do not know. Numbers older than 30 days expire: list again." + pageNote,
		Metadata:    httpapi.MemoryMetadata(PageMemory),
	})
	registerStream(s, h.WatchChanges, append([]taskapi.ErrorCode{taskapi.CodeCursorExpired}, s.WatchCodes...), huma.Operation{
		OperationID: "watchChanges", Method: http.MethodGet, Path: "/api/events", Tags: []string{resourcesTag},
		Summary:  "Watch changes",
		Metadata: httpapi.MemoryMetadata(PageMemory),
		Description: "A stream of server-sent events. It begins with the event ready, whose data is {\"seq\": N}, the number it begins after. " +
			"Each change follows as an event named change, whose id is its number and whose data is the change on one line, as listChanges returns it. " +
			"A comment every 15 seconds keeps the connection alive. Reconnect with Last-Event-ID, or with after, and nothing is missed." + s.WatchNote,
		Responses: map[string]*huma.Response{"200": {
			Description: "The stream.",
			Content: map[string]*huma.MediaType{"text/event-stream": {
				Schema:  &huma.Schema{Type: huma.TypeString},
				Example: "event: ready\ndata: {\"seq\":183}\n\nid: 184\nevent: change\ndata: {\"seq\":184,\"kind\":\"task\",\"id\":\"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11\",\"data\":null}\n\n",
			}},
		}},
	})
	batchCodes := append([]taskapi.ErrorCode{taskapi.CodeVersionConflict}, anyWriteCodes...)
	for _, k := range kinds {
		if k.InBatches() {
			batchCodes = append(k.bounded(batchCodes), k.NotFound())
		}
	}
	register(s, s.withOperations(h.Batch), batchCodes, huma.Operation{
		OperationID: "batch", Method: http.MethodPost, Path: "/api/batch", Tags: []string{resourcesTag},
		Summary:      "Change several resources at once",
		Description:  "Carries out up to 100 operations in order, all or none. Each sees the results of those before it. The response holds each operation's resource, in order, as the batch left it; an erased one is as it was before. The error is that of the first operation that fails, and errors[].field names the operation. The resources that a batch changes may have 2 MiB together, and those in its response 4 MiB.",
		MaxBodyBytes: maxBatchBytes, Metadata: httpapi.MemoryMetadata(batchMemory),
	})
}

func register[I, O any](s Server, handler func(context.Context, *I) (*O, error), codes []taskapi.ErrorCode, op huma.Operation) {
	op.Security = s.Security
	httpapi.Register(s.API, op, s.codes(op, codes), handler)
}

func registerStream[I any](s Server, handler func(context.Context, *I) (*huma.StreamResponse, error), codes []taskapi.ErrorCode, op huma.Operation) {
	op.Security = s.Security
	httpapi.RegisterStream(s.API, op, s.codes(op, codes), handler)
}

// codes returns the error codes of an operation whose own codes are given.
func (s Server) codes(op huma.Operation, codes []taskapi.ErrorCode) []taskapi.ErrorCode {
	all := append(append([]taskapi.ErrorCode{}, codes...), s.Codes...)
	if op.Method != http.MethodGet {
		all = append(all, s.WriteCodes...)
	}
	return all
}
