package web

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"

	"github.com/tasklane/tasklane/bff/internal/forward"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// authErrorCodes are the codes, by status, of Better Auth's errors that have no code.
var authErrorCodes = map[int]taskapi.ErrorCode{
	http.StatusUnauthorized:          taskapi.CodeUnauthenticated,
	http.StatusNotFound:              taskapi.CodeNotFound,
	http.StatusMethodNotAllowed:      taskapi.CodeMethodNotAllowed,
	http.StatusRequestEntityTooLarge: taskapi.CodeBodyTooLarge,
	http.StatusUnsupportedMediaType:  taskapi.CodeUnsupportedMediaType,
	http.StatusTooManyRequests:       taskapi.CodeRateLimited,
}

// writeAuthError responds with an error of Better Auth. It keeps the error's own members,
// which Better Auth's client reads, and adds those of a problem.
func writeAuthError(w http.ResponseWriter, r *http.Request, response *forward.Response) {
	defer response.Close()
	var own map[string]any
	_ = json.Unmarshal(response.Whole(), &own) // a body that is not an object is dropped
	message, _ := own["message"].(string)
	code, _ := own["code"].(string)
	problem := taskapi.Problem{
		Error:     cmp.Or(message, "The request was rejected."),
		Code:      cmp.Or(taskapi.ErrorCode(code), authErrorCodes[response.Status], taskapi.CodeInvalid),
		Status:    response.Status,
		Title:     http.StatusText(response.Status),
		RequestID: httpapi.RequestID(r.Context()),
	}
	if code == "INVALID_ORIGIN" {
		problem.Error = originSentence(r, "Better Auth does not trust it. Add it to BETTER_AUTH_TRUSTED_ORIGINS of the auth server, or to trustedOrigins of your own.")
	}
	httpapi.SetLoggedCode(r.Context(), problem.Code)
	members := map[string]any{}
	encoded, _ := json.Marshal(problem)   // a struct of strings always encodes
	_ = json.Unmarshal(encoded, &members) // it is an object
	maps.Copy(members, own)

	header := w.Header()
	for name, values := range response.Header {
		header[name] = append(header[name], values...)
	}
	header.Set("Content-Type", httpapi.ProblemMediaType)
	switch response.Status {
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", httpapi.CookieChallenge)
	case http.StatusTooManyRequests:
		header.Set("Retry-After", cmp.Or(header.Get("Retry-After"), header.Get("X-Retry-After"), "1"))
	}
	w.WriteHeader(response.Status)
	if r.Method != http.MethodHead {
		_ = json.NewEncoder(w).Encode(members) // the client may have disconnected
	}
}
