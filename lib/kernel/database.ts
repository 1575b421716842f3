// Written by `deno task db:types`; a test fails when it is not what the migrations say.
export type Json =
  | string
  | number
  | boolean
  | null
  | { [key: string]: Json | undefined }
  | Json[];

export type Database = {
  // Allows to automatically instantiate createClient with right options
  // instead of createClient<Database, { PostgrestVersion: 'XX' }>(URL, KEY)
  __InternalSupabase: {
    PostgrestVersion: "14";
  };
  public: {
    Tables: {
      admins: {
        Row: {
          granted_at: string;
          granted_by: string | null;
          user_id: string;
        };
        Insert: {
          granted_at?: string;
          granted_by?: string | null;
          user_id: string;
        };
        Update: {
          granted_at?: string;
          granted_by?: string | null;
          user_id?: string;
        };
        Relationships: [];
      };
      alerts: {
        Row: {
          condition: string;
          created_at: string;
          exchange: string;
          fired_at: string | null;
          fired_count: number;
          fired_value: number | null;
          id: string;
          indicator: string | null;
          note: string;
          repeat_after_s: number | null;
          state: string;
          symbol: string;
          timeframe: string | null;
          updated_at: string;
          user_id: string;
          value: number;
        };
        Insert: {
          condition: string;
          created_at?: string;
          exchange: string;
          fired_at?: string | null;
          fired_count?: number;
          fired_value?: number | null;
          id?: string;
          indicator?: string | null;
          note?: string;
          repeat_after_s?: number | null;
          state?: string;
          symbol: string;
          timeframe?: string | null;
          updated_at?: string;
          user_id: string;
          value: number;
        };
        Update: {
          condition?: string;
          created_at?: string;
          exchange?: string;
          fired_at?: string | null;
          fired_count?: number;
          fired_value?: number | null;
          id?: string;
          indicator?: string | null;
          note?: string;
          repeat_after_s?: number | null;
          state?: string;
          symbol?: string;
          timeframe?: string | null;
          updated_at?: string;
          user_id?: string;
          value?: number;
        };
        Relationships: [
          {
            foreignKeyName: "alerts_exchange_symbol_fkey";
            columns: ["exchange", "symbol"];
            referencedRelation: "symbols";
            referencedColumns: ["exchange", "symbol"];
          },
        ];
      };
      assets: {
        Row: {
          asset: string;
          created_at: string;
          kind: string;
          scale: number;
        };
        Insert: {
          asset: string;
          created_at?: string;
          kind: string;
          scale: number;
        };
        Update: {
          asset?: string;
          created_at?: string;
          kind?: string;
          scale?: number;
        };
        Relationships: [];
      };
      attempt_rules: {
        Row: {
          delay_s_max: number;
          description: string;
          first_delay_s: number;
          forget_one_s: number;
          free_attempts: number;
          name: string;
          updated_at: string;
        };
        Insert: {
          delay_s_max: number;
          description: string;
          first_delay_s: number;
          forget_one_s: number;
          free_attempts: number;
          name: string;
          updated_at?: string;
        };
        Update: {
          delay_s_max?: number;
          description?: string;
          first_delay_s?: number;
          forget_one_s?: number;
          free_attempts?: number;
          name?: string;
          updated_at?: string;
        };
        Relationships: [];
      };
      audit_chain: {
        Row: {
          hash: string;
          only_row: boolean;
          purged_hash: string;
          purged_seq: number;
          sealed_at: string | null;
          seq: number;
        };
        Insert: {
          hash?: string;
          only_row?: boolean;
          purged_hash?: string;
          purged_seq?: number;
          sealed_at?: string | null;
          seq?: number;
        };
        Update: {
          hash?: string;
          only_row?: boolean;
          purged_hash?: string;
          purged_seq?: number;
          sealed_at?: string | null;
          seq?: number;
        };
        Relationships: [];
      };
      audit_checks: {
        Row: {
          bad_seq: number | null;
          checked_at: string;
          exported_at: string | null;
          exported_seq: number | null;
          only_row: boolean;
          reason: string | null;
          seq: number;
        };
        Insert: {
          bad_seq?: number | null;
          checked_at: string;
          exported_at?: string | null;
          exported_seq?: number | null;
          only_row?: boolean;
          reason?: string | null;
          seq: number;
        };
        Update: {
          bad_seq?: number | null;
          checked_at?: string;
          exported_at?: string | null;
          exported_seq?: number | null;
          only_row?: boolean;
          reason?: string | null;
          seq?: number;
        };
        Relationships: [];
      };
      audit_log: {
        Row: {
          action: string;
          actor: string | null;
          actor_role: string;
          address: string | null;
          at: string;
          detail: NonNullable<Json>;
          hash: string | null;
          id: string;
          prev_hash: string | null;
          request_id: string | null;
          seq: number | null;
          session_id: string | null;
          subject_id: string | null;
          subject_type: string;
        };
        Insert: {
          action: string;
          actor?: string | null;
          actor_role: string;
          address?: string | null;
          at?: string;
          detail?: NonNullable<Json>;
          hash?: string | null;
          id?: string;
          prev_hash?: string | null;
          request_id?: string | null;
          seq?: number | null;
          session_id?: string | null;
          subject_id?: string | null;
          subject_type: string;
        };
        Update: {
          action?: string;
          actor?: string | null;
          actor_role?: string;
          address?: string | null;
          at?: string;
          detail?: NonNullable<Json>;
          hash?: string | null;
          id?: string;
          prev_hash?: string | null;
          request_id?: string | null;
          seq?: number | null;
          session_id?: string | null;
          subject_id?: string | null;
          subject_type?: string;
        };
        Relationships: [];
      };
      auth_jobs: {
        Row: {
          attempts: number;
          created_at: string;
          created_by: string | null;
          done_at: string | null;
          error: string | null;
          id: string;
          kind: string;
          payload: NonNullable<Json>;
          run_after: string;
          status: string;
          user_id: string;
        };
        Insert: {
          attempts?: number;
          created_at?: string;
          created_by?: string | null;
          done_at?: string | null;
          error?: string | null;
          id?: string;
          kind: string;
          payload?: NonNullable<Json>;
          run_after?: string;
          status?: string;
          user_id: string;
        };
        Update: {
          attempts?: number;
          created_at?: string;
          created_by?: string | null;
          done_at?: string | null;
          error?: string | null;
          id?: string;
          kind?: string;
          payload?: NonNullable<Json>;
          run_after?: string;
          status?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      candle_repairs: {
        Row: {
          at: string;
          exchange: string;
          id: string;
          open_time: string;
          stored: NonNullable<Json>;
          symbol: string;
          timeframe: string;
          told: NonNullable<Json>;
        };
        Insert: {
          at?: string;
          exchange: string;
          id?: string;
          open_time: string;
          stored: NonNullable<Json>;
          symbol: string;
          timeframe: string;
          told: NonNullable<Json>;
        };
        Update: {
          at?: string;
          exchange?: string;
          id?: string;
          open_time?: string;
          stored?: NonNullable<Json>;
          symbol?: string;
          timeframe?: string;
          told?: NonNullable<Json>;
        };
        Relationships: [];
      };
      candle_retention: {
        Row: {
          keep_days: number | null;
          timeframe: string;
        };
        Insert: {
          keep_days?: number | null;
          timeframe: string;
        };
        Update: {
          keep_days?: number | null;
          timeframe?: string;
        };
        Relationships: [];
      };
      candles: {
        Row: {
          close: number;
          exchange: string;
          high: number;
          ind: Json | null;
          low: number;
          open: number;
          open_time: string;
          symbol: string;
          timeframe: string;
          volume: number;
        };
        Insert: {
          close: number;
          exchange: string;
          high: number;
          ind?: Json | null;
          low: number;
          open: number;
          open_time: string;
          symbol: string;
          timeframe: string;
          volume: number;
        };
        Update: {
          close?: number;
          exchange?: string;
          high?: number;
          ind?: Json | null;
          low?: number;
          open?: number;
          open_time?: string;
          symbol?: string;
          timeframe?: string;
          volume?: number;
        };
        Relationships: [
          {
            foreignKeyName: "candles_exchange_symbol_fkey";
            columns: ["exchange", "symbol"];
            referencedRelation: "symbols";
            referencedColumns: ["exchange", "symbol"];
          },
        ];
      };
      credits: {
        Row: {
          amount: number;
          approved_by: string | null;
          asset: string;
          closed_at: string | null;
          closed_by: string | null;
          closing_reason: string | null;
          eur: number;
          id: string;
          posted_at: string | null;
          reason: string | null;
          requested_at: string;
          requested_by: string;
          status: string;
          transfer_id: string | null;
          user_id: string;
        };
        Insert: {
          amount: number;
          approved_by?: string | null;
          asset: string;
          closed_at?: string | null;
          closed_by?: string | null;
          closing_reason?: string | null;
          eur: number;
          id?: string;
          posted_at?: string | null;
          reason?: string | null;
          requested_at?: string;
          requested_by: string;
          status: string;
          transfer_id?: string | null;
          user_id: string;
        };
        Update: {
          amount?: number;
          approved_by?: string | null;
          asset?: string;
          closed_at?: string | null;
          closed_by?: string | null;
          closing_reason?: string | null;
          eur?: number;
          id?: string;
          posted_at?: string | null;
          reason?: string | null;
          requested_at?: string;
          requested_by?: string;
          status?: string;
          transfer_id?: string | null;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "credits_asset_fkey";
            columns: ["asset"];
            referencedRelation: "assets";
            referencedColumns: ["asset"];
          },
          {
            foreignKeyName: "credits_transfer_id_fkey";
            columns: ["transfer_id"];
            referencedRelation: "ledger_transfers";
            referencedColumns: ["id"];
          },
        ];
      };
      deployment: {
        Row: {
          created_at: string;
          mode: string;
          only_row: boolean;
        };
        Insert: {
          created_at?: string;
          mode: string;
          only_row?: boolean;
        };
        Update: {
          created_at?: string;
          mode?: string;
          only_row?: boolean;
        };
        Relationships: [];
      };
      deposits: {
        Row: {
          amount: number;
          asset: string;
          expires_at: string;
          id: string;
          paid_at: string | null;
          provider: string;
          requested_at: string;
          transfer_id: string | null;
          user_id: string;
        };
        Insert: {
          amount: number;
          asset: string;
          expires_at: string;
          id?: string;
          paid_at?: string | null;
          provider: string;
          requested_at?: string;
          transfer_id?: string | null;
          user_id: string;
        };
        Update: {
          amount?: number;
          asset?: string;
          expires_at?: string;
          id?: string;
          paid_at?: string | null;
          provider?: string;
          requested_at?: string;
          transfer_id?: string | null;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "deposits_asset_fkey";
            columns: ["asset"];
            referencedRelation: "assets";
            referencedColumns: ["asset"];
          },
          {
            foreignKeyName: "deposits_transfer_id_fkey";
            columns: ["transfer_id"];
            referencedRelation: "ledger_transfers";
            referencedColumns: ["id"];
          },
        ];
      };
      device_sessions: {
        Row: {
          device_id: string;
          session_id: string;
        };
        Insert: {
          device_id: string;
          session_id: string;
        };
        Update: {
          device_id?: string;
          session_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "device_sessions_device_id_fkey";
            columns: ["device_id"];
            referencedRelation: "devices";
            referencedColumns: ["id"];
          },
        ];
      };
      devices: {
        Row: {
          fingerprint: string;
          first_seen_at: string;
          id: string;
          last_seen_at: string;
          name: string;
          user_id: string;
        };
        Insert: {
          fingerprint: string;
          first_seen_at?: string;
          id?: string;
          last_seen_at?: string;
          name: string;
          user_id: string;
        };
        Update: {
          fingerprint?: string;
          first_seen_at?: string;
          id?: string;
          last_seen_at?: string;
          name?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      feed_alerts: {
        Row: {
          detail: NonNullable<Json>;
          exchange: string;
          id: string;
          kind: string;
          opened_at: string;
          resolved_at: string | null;
          symbol: string;
        };
        Insert: {
          detail?: NonNullable<Json>;
          exchange: string;
          id?: string;
          kind: string;
          opened_at?: string;
          resolved_at?: string | null;
          symbol: string;
        };
        Update: {
          detail?: NonNullable<Json>;
          exchange?: string;
          id?: string;
          kind?: string;
          opened_at?: string;
          resolved_at?: string | null;
          symbol?: string;
        };
        Relationships: [];
      };
      feed_status: {
        Row: {
          bad_frames: number;
          exchange: string;
          folds_checked: number;
          folds_differing: number;
          gaps_filled: number;
          gaps_found: number;
          holder: string | null;
          lag_p50_ms: number | null;
          lag_p99_ms: number | null;
          last_event_at: string | null;
          planned_reconnects: number;
          queued_rows: number;
          reconnects: number;
          repairs: number;
          sockets: number;
          started_at: string | null;
          state: string;
          streams: number;
          symbols_stale: number;
          terms: number;
          ticks_per_s: number | null;
          token: number | null;
          updated_at: string;
        };
        Insert: {
          bad_frames?: number;
          exchange: string;
          folds_checked?: number;
          folds_differing?: number;
          gaps_filled: number;
          gaps_found: number;
          holder?: string | null;
          lag_p50_ms?: number | null;
          lag_p99_ms?: number | null;
          last_event_at?: string | null;
          planned_reconnects?: number;
          queued_rows?: number;
          reconnects: number;
          repairs?: number;
          sockets: number;
          started_at?: string | null;
          state: string;
          streams: number;
          symbols_stale?: number;
          terms?: number;
          ticks_per_s?: number | null;
          token?: number | null;
          updated_at?: string;
        };
        Update: {
          bad_frames?: number;
          exchange?: string;
          folds_checked?: number;
          folds_differing?: number;
          gaps_filled?: number;
          gaps_found?: number;
          holder?: string | null;
          lag_p50_ms?: number | null;
          lag_p99_ms?: number | null;
          last_event_at?: string | null;
          planned_reconnects?: number;
          queued_rows?: number;
          reconnects?: number;
          repairs?: number;
          sockets?: number;
          started_at?: string | null;
          state?: string;
          streams?: number;
          symbols_stale?: number;
          terms?: number;
          ticks_per_s?: number | null;
          token?: number | null;
          updated_at?: string;
        };
        Relationships: [];
      };
      leases: {
        Row: {
          expires_at: string;
          holder: string;
          name: string;
          token: number;
        };
        Insert: {
          expires_at: string;
          holder: string;
          name: string;
          token: number;
        };
        Update: {
          expires_at?: string;
          holder?: string;
          name?: string;
          token?: number;
        };
        Relationships: [];
      };
      ledger_accounts: {
        Row: {
          asset: string;
          balance: number;
          created_at: string;
          entries: number;
          id: string;
          kind: string;
          owner_id: string;
          owner_type: string;
        };
        Insert: {
          asset: string;
          balance?: number;
          created_at?: string;
          entries?: number;
          id?: string;
          kind: string;
          owner_id: string;
          owner_type: string;
        };
        Update: {
          asset?: string;
          balance?: number;
          created_at?: string;
          entries?: number;
          id?: string;
          kind?: string;
          owner_id?: string;
          owner_type?: string;
        };
        Relationships: [
          {
            foreignKeyName: "ledger_accounts_asset_fkey";
            columns: ["asset"];
            referencedRelation: "assets";
            referencedColumns: ["asset"];
          },
        ];
      };
      ledger_checks: {
        Row: {
          broken_since: string | null;
          checked_at: string;
          only_row: boolean;
          samples: NonNullable<Json>;
          took_ms: number;
          violations: number;
        };
        Insert: {
          broken_since?: string | null;
          checked_at: string;
          only_row?: boolean;
          samples?: NonNullable<Json>;
          took_ms: number;
          violations: number;
        };
        Update: {
          broken_since?: string | null;
          checked_at?: string;
          only_row?: boolean;
          samples?: NonNullable<Json>;
          took_ms?: number;
          violations?: number;
        };
        Relationships: [];
      };
      ledger_entries: {
        Row: {
          account_id: string;
          amount: number;
          at: string;
          balance_after: number;
          seq: number;
          transfer_id: string;
        };
        Insert: {
          account_id: string;
          amount: number;
          at: string;
          balance_after: number;
          seq: number;
          transfer_id: string;
        };
        Update: {
          account_id?: string;
          amount?: number;
          at?: string;
          balance_after?: number;
          seq?: number;
          transfer_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "ledger_entries_account_id_fkey";
            columns: ["account_id"];
            referencedRelation: "ledger_accounts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "ledger_entries_transfer_id_fkey";
            columns: ["transfer_id"];
            referencedRelation: "ledger_transfers";
            referencedColumns: ["id"];
          },
        ];
      };
      ledger_holds: {
        Row: {
          amount: number;
          asset: string;
          closed_at: string | null;
          created_at: string;
          id: string;
          owner_id: string;
          remaining: number;
          subject_id: string;
          subject_type: string;
        };
        Insert: {
          amount: number;
          asset: string;
          closed_at?: string | null;
          created_at?: string;
          id?: string;
          owner_id: string;
          remaining: number;
          subject_id: string;
          subject_type: string;
        };
        Update: {
          amount?: number;
          asset?: string;
          closed_at?: string | null;
          created_at?: string;
          id?: string;
          owner_id?: string;
          remaining?: number;
          subject_id?: string;
          subject_type?: string;
        };
        Relationships: [
          {
            foreignKeyName: "ledger_holds_asset_fkey";
            columns: ["asset"];
            referencedRelation: "assets";
            referencedColumns: ["asset"];
          },
        ];
      };
      ledger_transfers: {
        Row: {
          actor: string | null;
          at: string;
          client_id: string;
          content_hash: string;
          id: string;
          memo: NonNullable<Json>;
          operation: string;
          reverses: string | null;
        };
        Insert: {
          actor?: string | null;
          at: string;
          client_id: string;
          content_hash: string;
          id: string;
          memo?: NonNullable<Json>;
          operation: string;
          reverses?: string | null;
        };
        Update: {
          actor?: string | null;
          at?: string;
          client_id?: string;
          content_hash?: string;
          id?: string;
          memo?: NonNullable<Json>;
          operation?: string;
          reverses?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "ledger_transfers_reverses_fkey";
            columns: ["reverses"];
            referencedRelation: "ledger_transfers";
            referencedColumns: ["id"];
          },
        ];
      };
      limit_rules: {
        Row: {
          ceiling: number;
          default_value: number;
          name: string;
          place: number;
          tighter: string;
          unit: string;
          updated_at: string;
        };
        Insert: {
          ceiling: number;
          default_value: number;
          name: string;
          place: number;
          tighter: string;
          unit: string;
          updated_at?: string;
        };
        Update: {
          ceiling?: number;
          default_value?: number;
          name?: string;
          place?: number;
          tighter?: string;
          unit?: string;
          updated_at?: string;
        };
        Relationships: [];
      };
      market_depth: {
        Row: {
          asks: NonNullable<Json>;
          bids: NonNullable<Json>;
          book_at: string | null;
          exchange: string;
          symbol: string;
          trades: NonNullable<Json>;
          updated_at: string;
        };
        Insert: {
          asks?: NonNullable<Json>;
          bids?: NonNullable<Json>;
          book_at?: string | null;
          exchange: string;
          symbol: string;
          trades?: NonNullable<Json>;
          updated_at?: string;
        };
        Update: {
          asks?: NonNullable<Json>;
          bids?: NonNullable<Json>;
          book_at?: string | null;
          exchange?: string;
          symbol?: string;
          trades?: NonNullable<Json>;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "market_depth_exchange_symbol_fkey";
            columns: ["exchange", "symbol"];
            referencedRelation: "symbols";
            referencedColumns: ["exchange", "symbol"];
          },
        ];
      };
      notice_batches: {
        Row: {
          created_at: string;
          data: Json[];
          id: string;
          kind: string;
          users: string[];
        };
        Insert: {
          created_at?: string;
          data: Json[];
          id?: string;
          kind: string;
          users: string[];
        };
        Update: {
          created_at?: string;
          data?: Json[];
          id?: string;
          kind?: string;
          users?: string[];
        };
        Relationships: [];
      };
      notifications: {
        Row: {
          created_at: string;
          data: NonNullable<Json>;
          id: string;
          kind: string;
          read_at: string | null;
          user_id: string;
        };
        Insert: {
          created_at?: string;
          data?: NonNullable<Json>;
          id?: string;
          kind: string;
          read_at?: string | null;
          user_id: string;
        };
        Update: {
          created_at?: string;
          data?: NonNullable<Json>;
          id?: string;
          kind?: string;
          read_at?: string | null;
          user_id?: string;
        };
        Relationships: [];
      };
      payment_events: {
        Row: {
          amount: number | null;
          asset: string | null;
          content_hash: string;
          deposit_id: string | null;
          event_id: string;
          outcome: string;
          provider: string;
          received_at: string;
        };
        Insert: {
          amount?: number | null;
          asset?: string | null;
          content_hash: string;
          deposit_id?: string | null;
          event_id: string;
          outcome: string;
          provider: string;
          received_at?: string;
        };
        Update: {
          amount?: number | null;
          asset?: string | null;
          content_hash?: string;
          deposit_id?: string | null;
          event_id?: string;
          outcome?: string;
          provider?: string;
          received_at?: string;
        };
        Relationships: [];
      };
      pool_cycles: {
        Row: {
          attempts: number;
          cutoff_at: string | null;
          ends_at: string | null;
          equity: number | null;
          equity_at: string | null;
          fee: number | null;
          fee_platform: number | null;
          forced_by: string | null;
          last_error: string | null;
          lots_charged: number | null;
          manager_fee_percent: number;
          manager_id: string;
          no: number;
          opened_at: string;
          platform_share_percent: number;
          pnl: number | null;
          pool_id: string;
          redeemed: number | null;
          settled_at: string | null;
          status: string;
          subscribed: number | null;
          transfer_id: string | null;
          unit_price: number | null;
          units_after: number | null;
          units_before: number | null;
        };
        Insert: {
          attempts?: number;
          cutoff_at?: string | null;
          ends_at?: string | null;
          equity?: number | null;
          equity_at?: string | null;
          fee?: number | null;
          fee_platform?: number | null;
          forced_by?: string | null;
          last_error?: string | null;
          lots_charged?: number | null;
          manager_fee_percent: number;
          manager_id: string;
          no: number;
          opened_at?: string;
          platform_share_percent: number;
          pnl?: number | null;
          pool_id: string;
          redeemed?: number | null;
          settled_at?: string | null;
          status?: string;
          subscribed?: number | null;
          transfer_id?: string | null;
          unit_price?: number | null;
          units_after?: number | null;
          units_before?: number | null;
        };
        Update: {
          attempts?: number;
          cutoff_at?: string | null;
          ends_at?: string | null;
          equity?: number | null;
          equity_at?: string | null;
          fee?: number | null;
          fee_platform?: number | null;
          forced_by?: string | null;
          last_error?: string | null;
          lots_charged?: number | null;
          manager_fee_percent?: number;
          manager_id?: string;
          no?: number;
          opened_at?: string;
          platform_share_percent?: number;
          pnl?: number | null;
          pool_id?: string;
          redeemed?: number | null;
          settled_at?: string | null;
          status?: string;
          subscribed?: number | null;
          transfer_id?: string | null;
          unit_price?: number | null;
          units_after?: number | null;
          units_before?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "pool_cycles_pool_id_fkey";
            columns: ["pool_id"];
            referencedRelation: "pools";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "pool_cycles_transfer_id_fkey";
            columns: ["transfer_id"];
            referencedRelation: "ledger_transfers";
            referencedColumns: ["id"];
          },
        ];
      };
      pool_fee_changes: {
        Row: {
          announced_at: string;
          announced_by: string;
          cycle_no: number;
          manager_fee_percent: number;
          pool_id: string;
        };
        Insert: {
          announced_at?: string;
          announced_by: string;
          cycle_no: number;
          manager_fee_percent: number;
          pool_id: string;
        };
        Update: {
          announced_at?: string;
          announced_by?: string;
          cycle_no?: number;
          manager_fee_percent?: number;
          pool_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "pool_fee_changes_pool_id_fkey";
            columns: ["pool_id"];
            referencedRelation: "pools";
            referencedColumns: ["id"];
          },
        ];
      };
      pool_live: {
        Row: {
          adapter_error: string | null;
          adapter_state: NonNullable<Json>;
          adapter_status: string;
          at: string | null;
          checked_at: string | null;
          drawdown: number | null;
          equity: number | null;
          exposure: number | null;
          peak: number | null;
          pnl: number | null;
          pool_id: string;
          positions: NonNullable<Json>;
          sharpe: number | null;
          stopped_at: string | null;
          unit_price: number | null;
        };
        Insert: {
          adapter_error?: string | null;
          adapter_state?: NonNullable<Json>;
          adapter_status?: string;
          at?: string | null;
          checked_at?: string | null;
          drawdown?: number | null;
          equity?: number | null;
          exposure?: number | null;
          peak?: number | null;
          pnl?: number | null;
          pool_id: string;
          positions?: NonNullable<Json>;
          sharpe?: number | null;
          stopped_at?: string | null;
          unit_price?: number | null;
        };
        Update: {
          adapter_error?: string | null;
          adapter_state?: NonNullable<Json>;
          adapter_status?: string;
          at?: string | null;
          checked_at?: string | null;
          drawdown?: number | null;
          equity?: number | null;
          exposure?: number | null;
          peak?: number | null;
          pnl?: number | null;
          pool_id?: string;
          positions?: NonNullable<Json>;
          sharpe?: number | null;
          stopped_at?: string | null;
          unit_price?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "pool_live_pool_id_fkey";
            columns: ["pool_id"];
            referencedRelation: "pools";
            referencedColumns: ["id"];
          },
        ];
      };
      pool_lot_changes: {
        Row: {
          amount: number;
          cycle_no: number;
          kind: string;
          lot_id: string;
          price: number;
          units: number;
        };
        Insert: {
          amount: number;
          cycle_no: number;
          kind: string;
          lot_id: string;
          price: number;
          units: number;
        };
        Update: {
          amount?: number;
          cycle_no?: number;
          kind?: string;
          lot_id?: string;
          price?: number;
          units?: number;
        };
        Relationships: [];
      };
      pool_lots: {
        Row: {
          amount_bought: number;
          amount_redeemed: number;
          bought_at: string;
          cycle_bought: number;
          fees_paid: number;
          id: string;
          investor_id: string;
          mark: number;
          no: number;
          pool_id: string;
          price_bought: number;
          units: number;
          units_bought: number;
        };
        Insert: {
          amount_bought: number;
          amount_redeemed?: number;
          bought_at: string;
          cycle_bought: number;
          fees_paid?: number;
          id: string;
          investor_id: string;
          mark: number;
          no: number;
          pool_id: string;
          price_bought: number;
          units: number;
          units_bought: number;
        };
        Update: {
          amount_bought?: number;
          amount_redeemed?: number;
          bought_at?: string;
          cycle_bought?: number;
          fees_paid?: number;
          id?: string;
          investor_id?: string;
          mark?: number;
          no?: number;
          pool_id?: string;
          price_bought?: number;
          units?: number;
          units_bought?: number;
        };
        Relationships: [
          {
            foreignKeyName: "pool_lots_pool_id_fkey";
            columns: ["pool_id"];
            referencedRelation: "pools";
            referencedColumns: ["id"];
          },
        ];
      };
      pool_members: {
        Row: {
          added_at: string;
          added_by: string;
          pool_id: string;
          user_id: string;
        };
        Insert: {
          added_at?: string;
          added_by: string;
          pool_id: string;
          user_id: string;
        };
        Update: {
          added_at?: string;
          added_by?: string;
          pool_id?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "pool_members_pool_id_fkey";
            columns: ["pool_id"];
            referencedRelation: "pools";
            referencedColumns: ["id"];
          },
        ];
      };
      pool_nav: {
        Row: {
          at: string;
          equity: number;
          exposure: number | null;
          pool_id: string;
          unit_price: number;
          units: number;
        };
        Insert: {
          at: string;
          equity: number;
          exposure?: number | null;
          pool_id: string;
          unit_price: number;
          units: number;
        };
        Update: {
          at?: string;
          equity?: number;
          exposure?: number | null;
          pool_id?: string;
          unit_price?: number;
          units?: number;
        };
        Relationships: [
          {
            foreignKeyName: "pool_nav_pool_id_fkey";
            columns: ["pool_id"];
            referencedRelation: "pools";
            referencedColumns: ["id"];
          },
        ];
      };
      pool_requests: {
        Row: {
          amount: number | null;
          amount_settled: number | null;
          cycle_no: number;
          everything: boolean;
          hold_id: string | null;
          id: string;
          investor_id: string;
          kind: string;
          lot_id: string | null;
          pool_id: string;
          price: number | null;
          reason: string | null;
          requested_at: string;
          settled_at: string | null;
          status: string;
          units: number | null;
          units_settled: number | null;
          withdrawal_id: string | null;
        };
        Insert: {
          amount?: number | null;
          amount_settled?: number | null;
          cycle_no: number;
          everything?: boolean;
          hold_id?: string | null;
          id?: string;
          investor_id: string;
          kind: string;
          lot_id?: string | null;
          pool_id: string;
          price?: number | null;
          reason?: string | null;
          requested_at?: string;
          settled_at?: string | null;
          status?: string;
          units?: number | null;
          units_settled?: number | null;
          withdrawal_id?: string | null;
        };
        Update: {
          amount?: number | null;
          amount_settled?: number | null;
          cycle_no?: number;
          everything?: boolean;
          hold_id?: string | null;
          id?: string;
          investor_id?: string;
          kind?: string;
          lot_id?: string | null;
          pool_id?: string;
          price?: number | null;
          reason?: string | null;
          requested_at?: string;
          settled_at?: string | null;
          status?: string;
          units?: number | null;
          units_settled?: number | null;
          withdrawal_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "pool_requests_hold_id_fkey";
            columns: ["hold_id"];
            referencedRelation: "ledger_holds";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "pool_requests_lot_id_fkey";
            columns: ["lot_id"];
            referencedRelation: "pool_lots";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "pool_requests_pool_id_fkey";
            columns: ["pool_id"];
            referencedRelation: "pools";
            referencedColumns: ["id"];
          },
        ];
      };
      pools: {
        Row: {
          cap: number | null;
          closed_at: string | null;
          closing: boolean;
          created_at: string;
          created_by: string;
          currency: string;
          cutoff_lead: string;
          cycle: string;
          cycle_no: number;
          description: string;
          equity_move_percent_max: number;
          id: string;
          investors: number;
          lots: number;
          manager_fee_percent: number;
          manager_id: string;
          metadata: NonNullable<Json>;
          minimum: number;
          name: string;
          opened_at: string | null;
          paused_by: string | null;
          paused_reason: string | null;
          platform_share_percent: number;
          resumes_as: string | null;
          status: string;
          unit_price: number;
          units: number;
          updated_at: string;
          visibility: string;
        };
        Insert: {
          cap?: number | null;
          closed_at?: string | null;
          closing?: boolean;
          created_at?: string;
          created_by: string;
          currency: string;
          cutoff_lead: string;
          cycle: string;
          cycle_no?: number;
          description?: string;
          equity_move_percent_max?: number;
          id?: string;
          investors?: number;
          lots?: number;
          manager_fee_percent?: number;
          manager_id: string;
          metadata?: NonNullable<Json>;
          minimum: number;
          name: string;
          opened_at?: string | null;
          paused_by?: string | null;
          paused_reason?: string | null;
          platform_share_percent?: number;
          resumes_as?: string | null;
          status?: string;
          unit_price?: number;
          units?: number;
          updated_at?: string;
          visibility?: string;
        };
        Update: {
          cap?: number | null;
          closed_at?: string | null;
          closing?: boolean;
          created_at?: string;
          created_by?: string;
          currency?: string;
          cutoff_lead?: string;
          cycle?: string;
          cycle_no?: number;
          description?: string;
          equity_move_percent_max?: number;
          id?: string;
          investors?: number;
          lots?: number;
          manager_fee_percent?: number;
          manager_id?: string;
          metadata?: NonNullable<Json>;
          minimum?: number;
          name?: string;
          opened_at?: string | null;
          paused_by?: string | null;
          paused_reason?: string | null;
          platform_share_percent?: number;
          resumes_as?: string | null;
          status?: string;
          unit_price?: number;
          units?: number;
          updated_at?: string;
          visibility?: string;
        };
        Relationships: [
          {
            foreignKeyName: "pools_currency_fkey";
            columns: ["currency"];
            referencedRelation: "assets";
            referencedColumns: ["asset"];
          },
        ];
      };
      profiles: {
        Row: {
          created_at: string;
          followers: number;
          id: string;
          kyc_reason: string | null;
          kyc_status: string;
          locale: string;
          theme: string;
          time_zone: string;
          updated_at: string;
          username: string;
          withdrawals_frozen_until: string | null;
        };
        Insert: {
          created_at?: string;
          followers?: number;
          id: string;
          kyc_reason?: string | null;
          kyc_status?: string;
          locale?: string;
          theme?: string;
          time_zone?: string;
          updated_at?: string;
          username: string;
          withdrawals_frozen_until?: string | null;
        };
        Update: {
          created_at?: string;
          followers?: number;
          id?: string;
          kyc_reason?: string | null;
          kyc_status?: string;
          locale?: string;
          theme?: string;
          time_zone?: string;
          updated_at?: string;
          username?: string;
          withdrawals_frozen_until?: string | null;
        };
        Relationships: [];
      };
      quarantined_frames: {
        Row: {
          bytes: number;
          exchange: string;
          id: string;
          raw: string;
          reason: string;
          received_at: string;
        };
        Insert: {
          bytes: number;
          exchange: string;
          id?: string;
          raw: string;
          reason: string;
          received_at: string;
        };
        Update: {
          bytes?: number;
          exchange?: string;
          id?: string;
          raw?: string;
          reason?: string;
          received_at?: string;
        };
        Relationships: [];
      };
      rate_limit_rules: {
        Row: {
          capacity: number;
          cost: number;
          description: string;
          name: string;
          refill_per_s: number;
          shards: number;
          shared_factor: number;
          updated_at: string;
        };
        Insert: {
          capacity: number;
          cost?: number;
          description: string;
          name: string;
          refill_per_s: number;
          shards?: number;
          shared_factor?: number;
          updated_at?: string;
        };
        Update: {
          capacity?: number;
          cost?: number;
          description?: string;
          name?: string;
          refill_per_s?: number;
          shards?: number;
          shared_factor?: number;
          updated_at?: string;
        };
        Relationships: [];
      };
      rate_limits: {
        Row: {
          key: string;
          refilled_at: string;
          rule: string;
          shard: number;
          tokens: number;
        };
        Insert: {
          key: string;
          refilled_at: string;
          rule: string;
          shard: number;
          tokens: number;
        };
        Update: {
          key?: string;
          refilled_at?: string;
          rule?: string;
          shard?: number;
          tokens?: number;
        };
        Relationships: [];
      };
      rates: {
        Row: {
          asset: string;
          at: string;
          eur: number;
          exchange: string;
          updated_at: string;
          via: string;
        };
        Insert: {
          asset: string;
          at: string;
          eur: number;
          exchange: string;
          updated_at?: string;
          via: string;
        };
        Update: {
          asset?: string;
          at?: string;
          eur?: number;
          exchange?: string;
          updated_at?: string;
          via?: string;
        };
        Relationships: [];
      };
      recovery_codes: {
        Row: {
          code_hash: string;
          created_at: string;
          used_at: string | null;
          user_id: string;
        };
        Insert: {
          code_hash: string;
          created_at?: string;
          used_at?: string | null;
          user_id: string;
        };
        Update: {
          code_hash?: string;
          created_at?: string;
          used_at?: string | null;
          user_id?: string;
        };
        Relationships: [];
      };
      requests: {
        Row: {
          actor: string;
          answer: NonNullable<Json>;
          client_id: string;
          content_hash: string;
          created_at: string;
          operation: string;
        };
        Insert: {
          actor: string;
          answer: NonNullable<Json>;
          client_id: string;
          content_hash: string;
          created_at?: string;
          operation: string;
        };
        Update: {
          actor?: string;
          answer?: NonNullable<Json>;
          client_id?: string;
          content_hash?: string;
          created_at?: string;
          operation?: string;
        };
        Relationships: [];
      };
      stream_acts: {
        Row: {
          act: string;
          actor_id: string;
          at: string;
          detail: NonNullable<Json>;
          id: string;
          stream_id: string | null;
          streamer_id: string;
          subject_id: string | null;
        };
        Insert: {
          act: string;
          actor_id: string;
          at?: string;
          detail?: NonNullable<Json>;
          id?: string;
          stream_id?: string | null;
          streamer_id: string;
          subject_id?: string | null;
        };
        Update: {
          act?: string;
          actor_id?: string;
          at?: string;
          detail?: NonNullable<Json>;
          id?: string;
          stream_id?: string | null;
          streamer_id?: string;
          subject_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "stream_acts_stream_id_fkey";
            columns: ["stream_id"];
            referencedRelation: "streams";
            referencedColumns: ["id"];
          },
        ];
      };
      stream_follows: {
        Row: {
          followed_at: string;
          follower_id: string;
          streamer_id: string;
        };
        Insert: {
          followed_at?: string;
          follower_id: string;
          streamer_id: string;
        };
        Update: {
          followed_at?: string;
          follower_id?: string;
          streamer_id?: string;
        };
        Relationships: [];
      };
      stream_members: {
        Row: {
          banned_at: string | null;
          invited_at: string | null;
          moderator_since: string | null;
          muted_until: string | null;
          shadow_banned_at: string | null;
          streamer_id: string;
          updated_at: string;
          user_id: string;
        };
        Insert: {
          banned_at?: string | null;
          invited_at?: string | null;
          moderator_since?: string | null;
          muted_until?: string | null;
          shadow_banned_at?: string | null;
          streamer_id: string;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          banned_at?: string | null;
          invited_at?: string | null;
          moderator_since?: string | null;
          muted_until?: string | null;
          shadow_banned_at?: string | null;
          streamer_id?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      stream_messages: {
        Row: {
          client_id: string | null;
          created_at: string;
          data: NonNullable<Json>;
          id: string;
          message: string;
          message_type: string;
          removed_at: string | null;
          removed_by: string | null;
          shadowed: boolean;
          stream_id: string;
          user_id: string | null;
        };
        Insert: {
          client_id?: string | null;
          created_at?: string;
          data?: NonNullable<Json>;
          id: string;
          message: string;
          message_type: string;
          removed_at?: string | null;
          removed_by?: string | null;
          shadowed?: boolean;
          stream_id: string;
          user_id?: string | null;
        };
        Update: {
          client_id?: string | null;
          created_at?: string;
          data?: NonNullable<Json>;
          id?: string;
          message?: string;
          message_type?: string;
          removed_at?: string | null;
          removed_by?: string | null;
          shadowed?: boolean;
          stream_id?: string;
          user_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "stream_messages_stream_id_fkey";
            columns: ["stream_id"];
            referencedRelation: "streams";
            referencedColumns: ["id"];
          },
        ];
      };
      stream_minutes: {
        Row: {
          at: string;
          stream_id: string;
          viewers: number;
        };
        Insert: {
          at: string;
          stream_id: string;
          viewers: number;
        };
        Update: {
          at?: string;
          stream_id?: string;
          viewers?: number;
        };
        Relationships: [
          {
            foreignKeyName: "stream_minutes_stream_id_fkey";
            columns: ["stream_id"];
            referencedRelation: "streams";
            referencedColumns: ["id"];
          },
        ];
      };
      stream_reports: {
        Row: {
          created_at: string;
          decided_at: string | null;
          decided_by: string | null;
          id: string;
          message_id: string;
          reason: string;
          reporter_id: string;
          status: string;
          stream_id: string;
        };
        Insert: {
          created_at?: string;
          decided_at?: string | null;
          decided_by?: string | null;
          id?: string;
          message_id: string;
          reason: string;
          reporter_id: string;
          status?: string;
          stream_id: string;
        };
        Update: {
          created_at?: string;
          decided_at?: string | null;
          decided_by?: string | null;
          id?: string;
          message_id?: string;
          reason?: string;
          reporter_id?: string;
          status?: string;
          stream_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "stream_reports_message_id_fkey";
            columns: ["message_id"];
            referencedRelation: "stream_messages";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "stream_reports_stream_id_fkey";
            columns: ["stream_id"];
            referencedRelation: "streams";
            referencedColumns: ["id"];
          },
        ];
      };
      stream_tips: {
        Row: {
          amount: number;
          at: string;
          fee: number;
          from_user: string;
          id: string;
          message_id: string | null;
          stream_id: string;
          to_user: string;
          transfer_id: string;
        };
        Insert: {
          amount: number;
          at?: string;
          fee: number;
          from_user: string;
          id?: string;
          message_id?: string | null;
          stream_id: string;
          to_user: string;
          transfer_id: string;
        };
        Update: {
          amount?: number;
          at?: string;
          fee?: number;
          from_user?: string;
          id?: string;
          message_id?: string | null;
          stream_id?: string;
          to_user?: string;
          transfer_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "stream_tips_transfer_id_fkey";
            columns: ["transfer_id"];
            referencedRelation: "ledger_transfers";
            referencedColumns: ["id"];
          },
        ];
      };
      stream_viewers: {
        Row: {
          expires_at: string;
          joined_at: string;
          stream_id: string;
          tab_id: string;
          user_id: string | null;
        };
        Insert: {
          expires_at: string;
          joined_at?: string;
          stream_id: string;
          tab_id: string;
          user_id?: string | null;
        };
        Update: {
          expires_at?: string;
          joined_at?: string;
          stream_id?: string;
          tab_id?: string;
          user_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "stream_viewers_stream_id_fkey";
            columns: ["stream_id"];
            referencedRelation: "streams";
            referencedColumns: ["id"];
          },
        ];
      };
      streams: {
        Row: {
          blocked_folded: string[];
          blocked_words: string[];
          category: string;
          counted_at: string | null;
          created_at: string;
          description: string;
          ended_at: string | null;
          epoch: number;
          epoch_due: boolean;
          epoch_raised_at: string | null;
          followers_only: boolean;
          id: string;
          is_recording: boolean;
          markets: string[];
          messages: number;
          peak_viewers: number;
          pinned_message_id: string | null;
          recording_url: string | null;
          scheduled_for: string | null;
          slow_mode_s: number;
          started_at: string | null;
          status: string;
          streamer_id: string;
          streamer_seen_at: string | null;
          thumbnail_url: string | null;
          title: string;
          updated_at: string;
          view: NonNullable<Json>;
          view_at: string | null;
          view_seq: number;
          viewer_count: number;
          visibility: string;
          whep_url: string | null;
          whip_url: string | null;
        };
        Insert: {
          blocked_folded?: string[];
          blocked_words?: string[];
          category?: string;
          counted_at?: string | null;
          created_at?: string;
          description?: string;
          ended_at?: string | null;
          epoch?: number;
          epoch_due?: boolean;
          epoch_raised_at?: string | null;
          followers_only?: boolean;
          id?: string;
          is_recording?: boolean;
          markets?: string[];
          messages?: number;
          peak_viewers?: number;
          pinned_message_id?: string | null;
          recording_url?: string | null;
          scheduled_for?: string | null;
          slow_mode_s?: number;
          started_at?: string | null;
          status?: string;
          streamer_id: string;
          streamer_seen_at?: string | null;
          thumbnail_url?: string | null;
          title: string;
          updated_at?: string;
          view?: NonNullable<Json>;
          view_at?: string | null;
          view_seq?: number;
          viewer_count?: number;
          visibility?: string;
          whep_url?: string | null;
          whip_url?: string | null;
        };
        Update: {
          blocked_folded?: string[];
          blocked_words?: string[];
          category?: string;
          counted_at?: string | null;
          created_at?: string;
          description?: string;
          ended_at?: string | null;
          epoch?: number;
          epoch_due?: boolean;
          epoch_raised_at?: string | null;
          followers_only?: boolean;
          id?: string;
          is_recording?: boolean;
          markets?: string[];
          messages?: number;
          peak_viewers?: number;
          pinned_message_id?: string | null;
          recording_url?: string | null;
          scheduled_for?: string | null;
          slow_mode_s?: number;
          started_at?: string | null;
          status?: string;
          streamer_id?: string;
          streamer_seen_at?: string | null;
          thumbnail_url?: string | null;
          title?: string;
          updated_at?: string;
          view?: NonNullable<Json>;
          view_at?: string | null;
          view_seq?: number;
          viewer_count?: number;
          visibility?: string;
          whep_url?: string | null;
          whip_url?: string | null;
        };
        Relationships: [];
      };
      symbols: {
        Row: {
          active: boolean;
          base: string;
          exchange: string;
          lot_size: number;
          min_notional: number;
          quote: string;
          symbol: string;
          tick_size: number;
          updated_at: string;
          venue_symbol: string;
        };
        Insert: {
          active?: boolean;
          base: string;
          exchange: string;
          lot_size: number;
          min_notional: number;
          quote: string;
          symbol: string;
          tick_size: number;
          updated_at?: string;
          venue_symbol: string;
        };
        Update: {
          active?: boolean;
          base?: string;
          exchange?: string;
          lot_size?: number;
          min_notional?: number;
          quote?: string;
          symbol?: string;
          tick_size?: number;
          updated_at?: string;
          venue_symbol?: string;
        };
        Relationships: [];
      };
      tickers: {
        Row: {
          at: string;
          exchange: string;
          high_24h: number;
          last: number;
          low_24h: number;
          open_24h: number;
          quote_volume_24h: number;
          symbol: string;
          volume_24h: number;
        };
        Insert: {
          at: string;
          exchange: string;
          high_24h: number;
          last: number;
          low_24h: number;
          open_24h: number;
          quote_volume_24h: number;
          symbol: string;
          volume_24h: number;
        };
        Update: {
          at?: string;
          exchange?: string;
          high_24h?: number;
          last?: number;
          low_24h?: number;
          open_24h?: number;
          quote_volume_24h?: number;
          symbol?: string;
          volume_24h?: number;
        };
        Relationships: [
          {
            foreignKeyName: "tickers_exchange_symbol_fkey";
            columns: ["exchange", "symbol"];
            referencedRelation: "symbols";
            referencedColumns: ["exchange", "symbol"];
          },
        ];
      };
      tip_rules: {
        Row: {
          fee_percent: number;
          maximum_eur: number;
          minimum_eur: number;
          only_row: boolean;
          updated_at: string;
        };
        Insert: {
          fee_percent?: number;
          maximum_eur?: number;
          minimum_eur?: number;
          only_row?: boolean;
          updated_at?: string;
        };
        Update: {
          fee_percent?: number;
          maximum_eur?: number;
          minimum_eur?: number;
          only_row?: boolean;
          updated_at?: string;
        };
        Relationships: [];
      };
      unmatched_payments: {
        Row: {
          amount: number;
          approved_by: string | null;
          asset: string;
          closed_at: string | null;
          decided_at: string | null;
          decided_by: string | null;
          decision: string | null;
          deposit_id: string | null;
          eur: number | null;
          event_id: string;
          id: string;
          note: string | null;
          outcome: string;
          provider: string;
          received_at: string;
          revision: number;
          status: string;
          transfer_id: string | null;
          user_id: string | null;
        };
        Insert: {
          amount: number;
          approved_by?: string | null;
          asset: string;
          closed_at?: string | null;
          decided_at?: string | null;
          decided_by?: string | null;
          decision?: string | null;
          deposit_id?: string | null;
          eur?: number | null;
          event_id: string;
          id?: string;
          note?: string | null;
          outcome: string;
          provider: string;
          received_at?: string;
          revision?: number;
          status?: string;
          transfer_id?: string | null;
          user_id?: string | null;
        };
        Update: {
          amount?: number;
          approved_by?: string | null;
          asset?: string;
          closed_at?: string | null;
          decided_at?: string | null;
          decided_by?: string | null;
          decision?: string | null;
          deposit_id?: string | null;
          eur?: number | null;
          event_id?: string;
          id?: string;
          note?: string | null;
          outcome?: string;
          provider?: string;
          received_at?: string;
          revision?: number;
          status?: string;
          transfer_id?: string | null;
          user_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "unmatched_payments_provider_event_id_fkey";
            columns: ["provider", "event_id"];
            referencedRelation: "payment_events";
            referencedColumns: ["provider", "event_id"];
          },
          {
            foreignKeyName: "unmatched_payments_transfer_id_fkey";
            columns: ["transfer_id"];
            referencedRelation: "ledger_transfers";
            referencedColumns: ["id"];
          },
        ];
      };
      user_limits: {
        Row: {
          ceiling: number | null;
          name: string;
          pending_at: string | null;
          pending_value: number | null;
          updated_at: string;
          user_id: string;
          value: number | null;
        };
        Insert: {
          ceiling?: number | null;
          name: string;
          pending_at?: string | null;
          pending_value?: number | null;
          updated_at?: string;
          user_id: string;
          value?: number | null;
        };
        Update: {
          ceiling?: number | null;
          name?: string;
          pending_at?: string | null;
          pending_value?: number | null;
          updated_at?: string;
          user_id?: string;
          value?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "user_limits_name_fkey";
            columns: ["name"];
            referencedRelation: "limit_rules";
            referencedColumns: ["name"];
          },
        ];
      };
      watches: {
        Row: {
          expires_at: string;
          holder: string;
          timeframe: string;
          topic: string;
          user_id: string | null;
        };
        Insert: {
          expires_at: string;
          holder: string;
          timeframe: string;
          topic: string;
          user_id?: string | null;
        };
        Update: {
          expires_at?: string;
          holder?: string;
          timeframe?: string;
          topic?: string;
          user_id?: string | null;
        };
        Relationships: [];
      };
      withdrawals: {
        Row: {
          amount: number;
          approved_at: string | null;
          approved_by: string | null;
          asset: string;
          attempts: number;
          cancelled_at: string | null;
          changed_at: string | null;
          destination: string;
          eur: number;
          hold_id: string | null;
          id: string;
          investment_id: string | null;
          last_error: string | null;
          next_attempt_at: string | null;
          paid_at: string | null;
          payout: string | null;
          reason: string | null;
          redemption_id: string | null;
          rejected_at: string | null;
          rejected_by: string | null;
          requested_at: string;
          revision: number;
          status: string;
          transfer_id: string | null;
          user_id: string;
        };
        Insert: {
          amount: number;
          approved_at?: string | null;
          approved_by?: string | null;
          asset: string;
          attempts?: number;
          cancelled_at?: string | null;
          changed_at?: string | null;
          destination: string;
          eur: number;
          hold_id?: string | null;
          id?: string;
          investment_id?: string | null;
          last_error?: string | null;
          next_attempt_at?: string | null;
          paid_at?: string | null;
          payout?: string | null;
          reason?: string | null;
          redemption_id?: string | null;
          rejected_at?: string | null;
          rejected_by?: string | null;
          requested_at?: string;
          revision?: number;
          status?: string;
          transfer_id?: string | null;
          user_id: string;
        };
        Update: {
          amount?: number;
          approved_at?: string | null;
          approved_by?: string | null;
          asset?: string;
          attempts?: number;
          cancelled_at?: string | null;
          changed_at?: string | null;
          destination?: string;
          eur?: number;
          hold_id?: string | null;
          id?: string;
          investment_id?: string | null;
          last_error?: string | null;
          next_attempt_at?: string | null;
          paid_at?: string | null;
          payout?: string | null;
          reason?: string | null;
          redemption_id?: string | null;
          rejected_at?: string | null;
          rejected_by?: string | null;
          requested_at?: string;
          revision?: number;
          status?: string;
          transfer_id?: string | null;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "withdrawals_asset_fkey";
            columns: ["asset"];
            referencedRelation: "assets";
            referencedColumns: ["asset"];
          },
          {
            foreignKeyName: "withdrawals_hold_id_fkey";
            columns: ["hold_id"];
            referencedRelation: "ledger_holds";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "withdrawals_investment_id_fkey";
            columns: ["investment_id"];
            referencedRelation: "pool_lots";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "withdrawals_redemption_id_fkey";
            columns: ["redemption_id"];
            referencedRelation: "pool_requests";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "withdrawals_transfer_id_fkey";
            columns: ["transfer_id"];
            referencedRelation: "ledger_transfers";
            referencedColumns: ["id"];
          },
        ];
      };
    };
    Views: {
      [_ in never]: never;
    };
    Functions: {
      acquire_lease: {
        Args: { p_holder: string; p_name: string; p_ttl_ms: number };
        Returns: Json;
      };
      active_alerts: { Args: { p_exchange: string }; Returns: Json };
      active_watches: { Args: { p_exchange: string }; Returns: Json };
      acts_page: {
        Args: { p_cursor?: string; p_limit?: number; p_stream_id: string };
        Returns: Json;
      };
      admin_approve_credit: {
        Args: { p_client_id: string; p_credit_id: string };
        Returns: Json;
      };
      admin_approve_payment: {
        Args: { p_client_id: string; p_payment_id: string; p_revision: number };
        Returns: Json;
      };
      admin_approve_withdrawal: {
        Args: { p_client_id: string; p_id: string; p_revision?: number };
        Returns: Json;
      };
      admin_assign_payment: {
        Args: {
          p_client_id: string;
          p_note?: string;
          p_payment_id: string;
          p_user_id: string;
        };
        Returns: Json;
      };
      admin_audit_state: { Args: Record<PropertyKey, never>; Returns: Json };
      admin_close_pool: {
        Args: { p_client_id: string; p_pool_id: string };
        Returns: Json;
      };
      admin_create_pool: {
        Args: { p_client_id: string; p_pool: Json };
        Returns: Json;
      };
      admin_credit_user: {
        Args: {
          p_amount: string;
          p_asset: string;
          p_client_id: string;
          p_reason?: string;
          p_user_id: string;
        };
        Returns: Json;
      };
      admin_credits: {
        Args: { p_cursor?: string; p_limit?: number; p_status?: string };
        Returns: Json;
      };
      admin_dashboard: { Args: Record<PropertyKey, never>; Returns: Json };
      admin_end_session: {
        Args: { p_client_id: string; p_session_id: string; p_user_id: string };
        Returns: Json;
      };
      admin_end_sessions: {
        Args: { p_client_id: string; p_user_id: string };
        Returns: Json;
      };
      admin_force_settlement: {
        Args: { p_client_id: string; p_pool_id: string };
        Returns: Json;
      };
      admin_open_pool: {
        Args: { p_client_id: string; p_pool_id: string };
        Returns: Json;
      };
      admin_overview: { Args: Record<PropertyKey, never>; Returns: Json };
      admin_pause_pool: {
        Args: { p_client_id: string; p_pool_id: string; p_reason: string };
        Returns: Json;
      };
      admin_payments: {
        Args: { p_cursor?: string; p_limit?: number; p_status?: string };
        Returns: Json;
      };
      admin_pool: { Args: { p_pool_id: string }; Returns: Json };
      admin_pool_member: {
        Args: {
          p_add: boolean;
          p_client_id: string;
          p_pool_id: string;
          p_user_id: string;
        };
        Returns: Json;
      };
      admin_pools: {
        Args: { p_cursor?: string; p_limit?: number; p_status?: string };
        Returns: Json;
      };
      admin_reject_credit: {
        Args: { p_client_id: string; p_credit_id: string; p_reason?: string };
        Returns: Json;
      };
      admin_reject_withdrawal: {
        Args: { p_client_id: string; p_id: string; p_reason: string };
        Returns: Json;
      };
      admin_reopen_payment: {
        Args: { p_client_id: string; p_payment_id: string };
        Returns: Json;
      };
      admin_resume_pool: {
        Args: { p_client_id: string; p_pool_id: string };
        Returns: Json;
      };
      admin_return_payment: {
        Args: { p_client_id: string; p_note: string; p_payment_id: string };
        Returns: Json;
      };
      admin_set_ceiling: {
        Args: {
          p_ceiling?: string;
          p_client_id: string;
          p_name: string;
          p_user_id: string;
        };
        Returns: Json;
      };
      admin_set_kyc: {
        Args: {
          p_client_id: string;
          p_reason?: string;
          p_status: string;
          p_user_id: string;
        };
        Returns: Json;
      };
      admin_set_role: {
        Args: { p_admin: boolean; p_client_id: string; p_user_id: string };
        Returns: Json;
      };
      admin_set_tip_rules: {
        Args: { p_client_id: string; p_rules: Json };
        Returns: Json;
      };
      admin_tip_rules: { Args: Record<PropertyKey, never>; Returns: Json };
      admin_update_pool: {
        Args: { p_changes: Json; p_client_id: string; p_pool_id: string };
        Returns: Json;
      };
      admin_user: { Args: { p_user_id: string }; Returns: Json };
      admin_users: {
        Args: {
          p_cursor?: string;
          p_kyc?: string;
          p_limit?: number;
          p_query?: string;
          p_role?: string;
        };
        Returns: Json;
      };
      admin_verify_audit: { Args: { p_from_seq?: string }; Returns: Json };
      admin_withdraw_credit: {
        Args: { p_client_id: string; p_credit_id: string };
        Returns: Json;
      };
      admin_withdrawals: {
        Args: { p_cursor?: string; p_limit?: number; p_status?: string };
        Returns: Json;
      };
      alerts_page: {
        Args: { p_exchange?: string; p_symbol?: string };
        Returns: Json;
      };
      assets_page: { Args: Record<PropertyKey, never>; Returns: Json };
      attempt_rules_page: { Args: Record<PropertyKey, never>; Returns: Json };
      audit_export: {
        Args: {
          p_action?: string;
          p_actor?: string;
          p_cursor?: string;
          p_from?: string;
          p_limit?: number;
          p_subject_id?: string;
          p_to?: string;
        };
        Returns: Json;
      };
      audit_head: { Args: Record<PropertyKey, never>; Returns: Json };
      audit_page: {
        Args: {
          p_action?: string;
          p_actor?: string;
          p_cursor?: string;
          p_from?: string;
          p_limit?: number;
          p_subject_id?: string;
          p_to?: string;
        };
        Returns: Json;
      };
      ban_user: {
        Args: { p_stream_id: string; p_user_id: string };
        Returns: Json;
      };
      begin_second_factor: { Args: { p_device?: string }; Returns: undefined };
      begin_sign_in: {
        Args: { p_device?: string; p_email: string; p_kind: string };
        Returns: undefined;
      };
      business_metrics: { Args: Record<PropertyKey, never>; Returns: Json };
      cancel_pool_request: {
        Args: { p_client_id: string; p_request_id: string };
        Returns: Json;
      };
      cancel_stream: { Args: { p_stream_id: string }; Returns: Json };
      cancel_withdrawal: {
        Args: { p_client_id: string; p_id: string };
        Returns: Json;
      };
      candles_csv: {
        Args: {
          p_exchange: string;
          p_from: string;
          p_limit?: number;
          p_symbol: string;
          p_timeframe: string;
          p_to: string;
        };
        Returns: Json;
      };
      candles_page: {
        Args: {
          p_exchange: string;
          p_from?: string;
          p_limit?: number;
          p_symbol: string;
          p_timeframe: string;
          p_to?: string;
        };
        Returns: Json;
      };
      catch_up: {
        Args: { p_after: string; p_stream_id: string; p_tab_id: string };
        Returns: Json;
      };
      change_withdrawal: {
        Args: {
          p_amount?: string;
          p_client_id: string;
          p_destination?: string;
          p_id: string;
        };
        Returns: Json;
      };
      chat_page: {
        Args: {
          p_after?: string;
          p_before?: string;
          p_limit?: number;
          p_search?: string;
          p_stream_id: string;
        };
        Returns: Json;
      };
      check_ledger: { Args: { p_token: number }; Returns: Json };
      claim_auth_jobs: { Args: { p_limit?: number }; Returns: Json };
      claim_deployment_mode: { Args: { p_mode: string }; Returns: string };
      claim_payouts: {
        Args: { p_limit?: number; p_token: number };
        Returns: Json;
      };
      create_alert: {
        Args: {
          p_client_id: string;
          p_condition: string;
          p_exchange: string;
          p_indicator?: string;
          p_note?: string;
          p_repeat_after_s?: number;
          p_symbol: string;
          p_timeframe?: string;
          p_value: string;
        };
        Returns: Json;
      };
      create_stream: {
        Args: { p_client_id: string; p_stream: Json };
        Returns: Json;
      };
      decide_report: {
        Args: { p_remove: boolean; p_report_id: string };
        Returns: Json;
      };
      delete_alert: { Args: { p_id: string }; Returns: boolean };
      delete_my_account: { Args: { p_client_id: string }; Returns: Json };
      deliver_notices: { Args: Record<PropertyKey, never>; Returns: number };
      deployment_mode: { Args: Record<PropertyKey, never>; Returns: string };
      end_stream: { Args: { p_stream_id: string }; Returns: Json };
      ensure_audit_partitions: {
        Args: Record<PropertyKey, never>;
        Returns: number;
      };
      export_my_data: { Args: Record<PropertyKey, never>; Returns: Json };
      finish_auth_job: {
        Args: { p_error?: string; p_id: string };
        Returns: string;
      };
      finish_payout: {
        Args: {
          p_code?: string;
          p_id: string;
          p_outcome: string;
          p_token: number;
        };
        Returns: Json;
      };
      finish_sign_in: { Args: { p_device?: string }; Returns: undefined };
      fire_alerts: {
        Args: { p_exchange: string; p_rows: Json; p_token: number };
        Returns: number;
      };
      follow: { Args: { p_follow: boolean; p_user_id: string }; Returns: Json };
      forget_requests: { Args: { p_limit?: number }; Returns: number };
      grant_admin: { Args: { p_email: string }; Returns: Json };
      invest: {
        Args: { p_amount: string; p_client_id: string; p_pool_id: string };
        Returns: Json;
      };
      invite_user: {
        Args: { p_invited?: boolean; p_stream_id: string; p_user_id: string };
        Returns: Json;
      };
      join_stream: {
        Args: { p_stream_id: string; p_tab_id: string };
        Returns: Json;
      };
      latest_candles: {
        Args: { p_exchange: string; p_limit: number; p_symbols: string[] };
        Returns: Json;
      };
      leaderboard: {
        Args: { p_limit?: number; p_stream_id: string };
        Returns: Json;
      };
      leave_stream: {
        Args: { p_stream_id: string; p_tab_id: string };
        Returns: Json;
      };
      ledger_check: {
        Args: Record<PropertyKey, never>;
        Returns: {
          detail: Json;
          subject: string;
          violation: string;
        }[];
      };
      limit_rules_page: { Args: Record<PropertyKey, never>; Returns: Json };
      make_recovery_codes: { Args: { p_client_id: string }; Returns: Json };
      manage_pool: {
        Args: { p_changes: Json; p_client_id: string; p_pool_id: string };
        Returns: Json;
      };
      market_depth: {
        Args: { p_exchange: string; p_symbol: string };
        Returns: Json;
      };
      market_page: {
        Args: {
          p_exchange: string;
          p_limit?: number;
          p_symbol: string;
          p_timeframe: string;
        };
        Returns: Json;
      };
      monitor_page: {
        Args: { p_exchange?: string; p_symbol?: string; p_timeframe?: string };
        Returns: Json;
      };
      mute_user: {
        Args: { p_seconds: number; p_stream_id: string; p_user_id: string };
        Returns: Json;
      };
      my_account: { Args: Record<PropertyKey, never>; Returns: Json };
      my_deposit: { Args: { p_id: string }; Returns: Json };
      my_deposits: {
        Args: { p_cursor?: string; p_limit?: number };
        Returns: Json;
      };
      my_devices: { Args: Record<PropertyKey, never>; Returns: Json };
      my_earnings: { Args: { p_from?: string; p_to?: string }; Returns: Json };
      my_follows: {
        Args: { p_cursor?: string; p_limit?: number };
        Returns: Json;
      };
      my_investment: { Args: { p_id: string }; Returns: Json };
      my_investment_history: {
        Args: { p_id: string; p_points?: number };
        Returns: Json;
      };
      my_investments: {
        Args: { p_cursor?: string; p_limit?: number; p_pool_id?: string };
        Returns: Json;
      };
      my_limits: { Args: Record<PropertyKey, never>; Returns: Json };
      my_managed_pools: { Args: Record<PropertyKey, never>; Returns: Json };
      my_statement: {
        Args: { p_asset?: string; p_cursor?: string; p_limit?: number };
        Returns: Json;
      };
      my_value_history: { Args: { p_points?: number }; Returns: Json };
      my_wallet: { Args: Record<PropertyKey, never>; Returns: Json };
      my_withdrawal: { Args: { p_id: string }; Returns: Json };
      my_withdrawals: {
        Args: { p_cursor?: string; p_limit?: number };
        Returns: Json;
      };
      note_audit_check: {
        Args: {
          p_bad_seq?: string;
          p_exported: boolean;
          p_lease_token: number;
          p_reason?: string;
          p_seq: string;
        };
        Returns: undefined;
      };
      pool_detail: { Args: { p_pool_id: string }; Returns: Json };
      pool_performance: {
        Args: { p_from?: string; p_points?: number; p_pool_id: string };
        Returns: Json;
      };
      pool_positions: { Args: { p_pool_id: string }; Returns: Json };
      pools_due: { Args: Record<PropertyKey, never>; Returns: Json };
      pools_page: {
        Args: { p_cursor?: string; p_limit?: number; p_scope?: string };
        Returns: Json;
      };
      post_pool_card: {
        Args: { p_client_id: string; p_pool_id: string; p_stream_id: string };
        Returns: Json;
      };
      profile_page: { Args: { p_username: string }; Returns: Json };
      prune_candles: { Args: { p_limit?: number }; Returns: Json };
      purge_audit_log: { Args: { p_before: string }; Returns: Json };
      purge_rate_limits: { Args: { p_limit?: number }; Returns: number };
      quarantine_page: {
        Args: { p_cursor?: string; p_exchange?: string; p_limit?: number };
        Returns: Json;
      };
      rate_limits_page: { Args: Record<PropertyKey, never>; Returns: Json };
      rates_page: { Args: Record<PropertyKey, never>; Returns: Json };
      read_notifications: { Args: { p_before: string }; Returns: number };
      receive_payment: {
        Args: { p_body: string; p_provider: string; p_signature: string };
        Returns: Json;
      };
      record_candles: {
        Args: { p_exchange: string; p_rows: Json; p_token: number };
        Returns: number;
      };
      record_depth: {
        Args: { p_exchange: string; p_rows: Json; p_token: number };
        Returns: number;
      };
      record_feed: {
        Args: {
          p_exchange: string;
          p_status: Json;
          p_tickers: Json;
          p_token: number;
        };
        Returns: undefined;
      };
      record_pool_nav: {
        Args: { p_rows: Json; p_token: number };
        Returns: Json;
      };
      record_pool_stopped: {
        Args: { p_pool_id: string; p_token: number };
        Returns: Json;
      };
      record_quarantine: {
        Args: { p_exchange: string; p_rows: Json; p_token: number };
        Returns: number;
      };
      record_symbols: {
        Args: { p_exchange: string; p_rows: Json; p_token: number };
        Returns: number;
      };
      record_tickers: {
        Args: { p_exchange: string; p_rows: Json; p_token: number };
        Returns: number;
      };
      redeem_investment: {
        Args: { p_client_id: string; p_investment_id: string; p_units: string };
        Returns: Json;
      };
      refresh_rates: {
        Args: { p_exchange: string; p_token: number };
        Returns: number;
      };
      release_lease: {
        Args: { p_holder: string; p_name: string };
        Returns: boolean;
      };
      remove_message: {
        Args: { p_message_id: string; p_stream_id: string };
        Returns: Json;
      };
      repair_candles: {
        Args: { p_exchange: string; p_rows: Json; p_token: number };
        Returns: number;
      };
      report_message: {
        Args: { p_message_id: string; p_reason: string; p_stream_id: string };
        Returns: Json;
      };
      report_pool_adapter: {
        Args: { p_code?: string; p_pool_id: string; p_token: number };
        Returns: Json;
      };
      reports_page: {
        Args: {
          p_cursor?: string;
          p_limit?: number;
          p_status?: string;
          p_stream_id: string;
        };
        Returns: Json;
      };
      request_withdrawal: {
        Args: {
          p_amount: string;
          p_asset: string;
          p_client_id: string;
          p_destination: string;
          p_redeem?: Json;
        };
        Returns: Json;
      };
      restore_message: {
        Args: { p_message_id: string; p_stream_id: string };
        Returns: Json;
      };
      retire_symbols: {
        Args: { p_exchange: string; p_listed: string[]; p_token: number };
        Returns: number;
      };
      revoke_device: {
        Args: { p_client_id: string; p_device_id: string };
        Returns: Json;
      };
      room_people: { Args: { p_stream_id: string }; Returns: Json };
      room_viewers: {
        Args: { p_limit?: number; p_stream_id: string };
        Returns: Json;
      };
      rooms_due: { Args: { p_token: number }; Returns: Json };
      seal_audit_log: {
        Args: { p_lease_token: number; p_limit?: number };
        Returns: Json;
      };
      send_message: {
        Args: {
          p_client_id: string;
          p_message: string;
          p_message_type?: string;
          p_stream_id: string;
        };
        Returns: Json;
      };
      set_alert_state: {
        Args: { p_id: string; p_state: string };
        Returns: Json;
      };
      set_attempt_rule: {
        Args: {
          p_client_id: string;
          p_delay_s_max: number;
          p_first_delay_s: number;
          p_forget_one_s: number;
          p_free_attempts: number;
          p_name: string;
        };
        Returns: Json;
      };
      set_edge_hmac_key: { Args: { p_key: string }; Returns: boolean };
      set_feed_alerts: {
        Args: { p_exchange: string; p_open: Json; p_token: number };
        Returns: Json;
      };
      set_limit_rule: {
        Args: {
          p_ceiling: string;
          p_client_id: string;
          p_default_value: string;
          p_name: string;
        };
        Returns: Json;
      };
      set_moderator: {
        Args: { p_moderator?: boolean; p_stream_id: string; p_user_id: string };
        Returns: Json;
      };
      set_my_limit: {
        Args: { p_client_id: string; p_name: string; p_value: string };
        Returns: Json;
      };
      set_payment_provider: {
        Args: { p_checkout_url?: string; p_name: string; p_secret: string };
        Returns: boolean;
      };
      set_rate_limit: {
        Args: {
          p_capacity: number;
          p_client_id: string;
          p_name: string;
          p_refill_per_s: number;
        };
        Returns: Json;
      };
      set_room_settings: {
        Args: { p_settings: Json; p_stream_id: string };
        Returns: Json;
      };
      set_view: { Args: { p_stream_id: string; p_view: Json }; Returns: Json };
      settle_pool: {
        Args: {
          p_cycle_no: number;
          p_equity: string;
          p_equity_at: string;
          p_pool_id: string;
          p_token: number;
        };
        Returns: Json;
      };
      shadow_ban_user: {
        Args: { p_banned?: boolean; p_stream_id: string; p_user_id: string };
        Returns: Json;
      };
      start_deposit: {
        Args: { p_amount: string; p_asset: string; p_client_id: string };
        Returns: Json;
      };
      start_stream: { Args: { p_stream_id: string }; Returns: Json };
      stream_detail: { Args: { p_stream_id: string }; Returns: Json };
      stream_stats: { Args: { p_stream_id: string }; Returns: Json };
      streams_page: {
        Args: {
          p_category?: string;
          p_cursor?: string;
          p_limit?: number;
          p_search?: string;
          p_status?: string;
        };
        Returns: Json;
      };
      symbols_page: {
        Args: {
          p_cursor?: string;
          p_exchange?: string;
          p_limit?: number;
          p_query?: string;
          p_spark?: boolean;
        };
        Returns: Json;
      };
      take_rate_limit: { Args: { p_rule: string }; Returns: Json };
      thin_pool_nav: { Args: { p_limit?: number }; Returns: number };
      tip: {
        Args: {
          p_amount: string;
          p_client_id: string;
          p_message?: string;
          p_stream_id: string;
        };
        Returns: Json;
      };
      tip_terms: { Args: Record<PropertyKey, never>; Returns: Json };
      touch_device: {
        Args: { p_fingerprint: string; p_name: string };
        Returns: Json;
      };
      touch_streamer: { Args: { p_stream_id: string }; Returns: Json };
      touch_viewer: {
        Args: { p_stream_id: string; p_tab_id: string };
        Returns: Json;
      };
      unban_user: {
        Args: { p_stream_id: string; p_user_id: string };
        Returns: Json;
      };
      unwatch: { Args: { p_client_id: string }; Returns: undefined };
      update_profile: { Args: { p_changes: Json }; Returns: Json };
      update_stream: {
        Args: { p_changes: Json; p_client_id: string; p_stream_id: string };
        Returns: Json;
      };
      use_faucet: {
        Args: { p_amount: string; p_asset: string; p_client_id: string };
        Returns: Json;
      };
      use_recovery_code: { Args: { p_code: string }; Returns: Json };
      user_streams: {
        Args: { p_cursor?: string; p_limit?: number; p_user_id: string };
        Returns: Json;
      };
      verify_audit_chain: {
        Args: { p_from_seq?: number; p_heads?: Json };
        Returns: Json;
      };
      watch: {
        Args: { p_client_id: string; p_topics: string[] };
        Returns: Json;
      };
      watch_for_pools: {
        Args: { p_holder: string; p_token: number; p_topics: string[] };
        Returns: Json;
      };
      ws_stats: { Args: Record<PropertyKey, never>; Returns: Json };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof (
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"]
    )
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
} ? (
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"]
  )[TableName] extends {
    Row: infer R;
  } ? R
  : never
  : DefaultSchemaTableNameOrOptions extends keyof (
    & DefaultSchema["Tables"]
    & DefaultSchema["Views"]
  ) ? (
      & DefaultSchema["Tables"]
      & DefaultSchema["Views"]
    )[DefaultSchemaTableNameOrOptions] extends {
      Row: infer R;
    } ? R
    : never
  : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
} ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
    Insert: infer I;
  } ? I
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Insert: infer I;
    } ? I
    : never
  : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
} ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
    Update: infer U;
  } ? U
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Update: infer U;
    } ? U
    : never
  : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends (DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never) = never,
> = DefaultSchemaEnumNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
} ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
  : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends (PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never) = never,
> = PublicCompositeTypeNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
} ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
  : never;

export const Constants = {
  public: {
    Enums: {},
  },
} as const;
