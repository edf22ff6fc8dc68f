module github.com/tasklane/tasklane/sdk

go 1.26.0
