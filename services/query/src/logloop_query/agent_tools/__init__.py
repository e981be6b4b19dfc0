"""Tools for agents, over the Model Context Protocol. They call the HTTP API of the services as the agent's caller."""
