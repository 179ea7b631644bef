-- For this session: the server gives up before the doctor does, so that one slow answer is not the end of all.
SET lock_timeout = 3000; SET statement_timeout = 8000
