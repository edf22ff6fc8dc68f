package api

import (
	"context"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// listRules are the rules of a list's fields that the document does not express.
var listRules = cleaner{"name": trimmed}

func (h *handlers) listLists(ctx context.Context, in *operations.ListListsInput) (*operations.PageOutput[taskapi.List], error) {
	page, err := h.store.ListLists(ctx, userFrom(ctx), in.Options())
	if err != nil {
		return nil, err
	}
	return &operations.PageOutput[taskapi.List]{Body: taskapi.ListListResponse{Success: true, Data: page.Lists, Meta: listMeta(page.NextCursor, page.Changes)}}, nil
}
