package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// registerEraseUser adds the operation by which the server that keeps the accounts
// has everything of a user erased before it deletes the account. The document does
// not show it: it is no operation for clients, and the BFF does not have it.
func (h *handlers) registerEraseUser(api *httpapi.API) {
	httpapi.Register(api, huma.Operation{
		OperationID: "eraseUser", Method: http.MethodDelete, Path: "/api/user", Hidden: true,
		Security: []map[string][]string{{"bearer": {}}},
	}, []taskapi.ErrorCode{taskapi.CodeUnauthenticated, taskapi.CodeUnavailable}, func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		if _, err := h.store.EraseUser(ctx, userFrom(ctx)); err != nil {
			return nil, err
		}
		h.hub.Changed(userFrom(ctx))
		return nil, nil //nolint:nilnil // an answer without a body
	})
}
