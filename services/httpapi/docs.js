SwaggerUIBundle({
	url: "/openapi.yaml",
	dom_id: "#swagger-ui",
	deepLinking: true,
	tryItOutEnabled: true,
	validatorUrl: null, // nothing leaves this server
});
