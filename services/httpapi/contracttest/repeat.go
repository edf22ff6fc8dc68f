package contracttest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// repeat sends each single-valued parameter of an operation twice. The response must
// report it as a duplicate, unless authentication rejects the request.
func (f *fuzzer) repeat(t *testing.T, op operation) {
	t.Helper()
	for _, ref := range op.Parameters {
		p, s := ref.Value, bases(op)[0].copied()
		switch list := strings.HasPrefix(p.Name, "If-") || p.Schema.Value.Type.Includes("array"); {
		case list:
			continue
		case p.In == openapi3.ParameterInQuery:
			s.query = []string{p.Name + "=1", p.Name + "=2"}
		case p.In == openapi3.ParameterInHeader:
			s.header[p.Name] = []string{"1", "2"}
		default:
			continue
		}
		sent, response, err := f.do(t, s)
		if response.Status == http.StatusUnauthorized {
			continue
		}
		var problem taskapi.Problem
		if err != nil || json.Unmarshal(response.Body, &problem) != nil || response.Status != http.StatusUnprocessableEntity ||
			!slices.ContainsFunc(problem.Errors, func(e taskapi.FieldError) bool { return e.Field == p.Name && e.Code == taskapi.FieldDuplicate }) {
			t.Errorf("%s: %d %s (%v)", sent, response.Status, response.Body, err)
		}
	}
}
