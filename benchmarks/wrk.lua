-- What wrk sends: the message of benchmarks/campaigns.py, always the same one.
wrk.method = "POST"
wrk.path = "/v2/chat/outbound"
wrk.headers["Authorization"] = "Bearer key"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"agent_id":"2a886b7d-d52d-4f8b-8ea0-19d3edc79214","channel":"sms","to_number":"+12022000000","from_number":"+12025550100","initial_message":"Hi Ana, your plan ends soon. Shall we renew it?"}'
