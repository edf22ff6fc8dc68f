package contracttest

import (
	"encoding/json"
	"io"
	"maps"
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
		path := s.operation.path
		for name, value := range s.path {
			path = strings.ReplaceAll(path, "{"+name+"}", value)
		}
		r, err := http.NewRequestWithContext(t.Context(), s.method, f.target.URL+path+"?"+strings.Join(s.query, "&"), strings.NewReader(s.body))
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(r.Header, f.target.Header)
		maps.Copy(r.Header, s.header)
		response, err := f.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close() // the body has been read
		if response.StatusCode == http.StatusUnauthorized {
			continue
		}
		var problem taskapi.Problem
		if err != nil || json.Unmarshal(body, &problem) != nil || response.StatusCode != http.StatusUnprocessableEntity ||
			!slices.ContainsFunc(problem.Errors, func(e taskapi.FieldError) bool { return e.Field == p.Name && e.Code == taskapi.FieldDuplicate }) {
			t.Errorf("%s with %s twice: %d %s (%v)", op.OperationID, p.Name, response.StatusCode, body, err)
		}
	}
}
