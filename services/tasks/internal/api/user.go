package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// scopeEraseUser is the scope of a token that may erase its user. Tokens of sessions and
// API keys do not have it, so a program that leaks one, or calls the wrong path, cannot
// delete an account.
const scopeEraseUser = "erase_user"

// registerEraseUser adds the operation with which the auth server erases everything of a
// user before it deletes the account. Clients cannot call it, so it is not in the OpenAPI
// document or at the bff.
func (h *handlers) registerEraseUser(api *httpapi.API) {
	httpapi.Register(api, huma.Operation{
		OperationID: "eraseUser", Method: http.MethodDelete, Path: "/api/user", Hidden: true,
		Security: []map[string][]string{{"bearer": {}}},
	}, []taskapi.ErrorCode{taskapi.CodeUnauthenticated, taskapi.CodeNotFound, taskapi.CodeUnavailable}, func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		if identityFrom(ctx).Scope != scopeEraseUser {
			return nil, httpapi.NewProblem(taskapi.CodeNotFound, "There is nothing at this path.")
		}
		if _, err := h.store.EraseUser(ctx, userFrom(ctx)); err != nil {
			return nil, err
		}
		h.hub.Changed(userFrom(ctx))
		return nil, nil //nolint:nilnil // a response without a body
	})
}
