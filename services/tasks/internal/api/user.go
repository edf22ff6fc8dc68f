package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// scopeEraseUser is the scope of a token that may erase its user. The tokens of
// sessions and API keys do not have it: a program that leaks one, or calls the wrong
// path, must not end an account.
const scopeEraseUser = "erase_user"

// registerEraseUser adds the operation with which the authentication server erases
// everything of a user before it deletes the account. It is not in the document,
// because no client can call it, and the BFF does not have it.
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
		return nil, nil //nolint:nilnil // an answer without a body
	})
}
