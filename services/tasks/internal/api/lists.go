package api

import (
	"context"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// listRules are the rules of a list's fields that the document does not express.
var listRules = cleaner{"name": trimmed}

func (h *handlers) listLists(ctx context.Context, in *operations.ListListsInput) (*operations.ListListsOutput, error) {
	page, err := h.store.ListLists(ctx, userFrom(ctx), in.Options())
	if err != nil {
		return nil, err
	}
	return &operations.ListListsOutput{Body: taskapi.ListListResponse{Success: true, Data: page.Lists, Meta: listMeta(page.NextCursor, page.Changes)}}, nil
}

func listResponse(list taskapi.List) taskapi.ListResponse {
	return taskapi.ListResponse{Success: true, Data: list}
}
